import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'client',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    // What is polled mostly holds in a few turns of the event loop, but may take its time on a busy machine.
    expect: { poll: { interval: 5, timeout: 10_000 } },
  },
})
