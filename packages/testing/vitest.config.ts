import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'testing',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    // Conformance cases mostly wait, each for its own server.
    maxConcurrency: 20,
  },
})
