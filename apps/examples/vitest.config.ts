import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'examples',
    // Each example is a process that has to start, on machines that have other work too. Patience costs nothing.
    setupFiles: ['test/patience.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
