import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'cluster',
    include: ['test/**/*.test.ts'],
    testTimeout: 300_000,
    expect: { poll: { interval: 1, timeout: 60_000 } },
  },
})
