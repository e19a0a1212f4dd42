import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'testing',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // What test/documentation.test.ts writes is for a run of its own; a run that was killed leaves it behind.
    exclude: ['test/.documentation/**'],
    // Browsers, processes and other test runners have to start, on machines that have other work too. Patience costs nothing.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // Conformance cases mostly wait, each for its own server.
    maxConcurrency: 20,
  },
})
