import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'server',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The law tests run 10,000 schedules each in CI, on a machine that others may use too.
    testTimeout: 600_000,
    // What is polled mostly holds in a few turns of the event loop, but may take its time on a busy machine.
    expect: { poll: { interval: 1, timeout: 60_000 } },
  },
})
