import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'client',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Browsers start and processes run, and what is polled mostly holds in a few turns of the event loop. On a busy machine each may take
    // its time, and patience costs nothing where it is not needed.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { interval: 5, timeout: 60_000 } },
  },
})
