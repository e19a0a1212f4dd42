import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'demo-server',
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    // A browser has to start, and to wait for its reconnection time, on a machine that may be busy with other things.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // Not more often: what is asked is a page, which has to do beside it what is waited for.
    expect: { poll: { interval: 50, timeout: 60_000 } },
  },
})
