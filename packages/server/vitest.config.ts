import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'server',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The law test runs 10,000 schedules in CI.
    testTimeout: 60_000,
    // What is polled mostly holds in a few turns of the event loop, but may take its time on a busy machine.
    expect: { poll: { interval: 1, timeout: 10_000 } },
  },
})
