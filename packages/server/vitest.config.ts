import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'server',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The law test runs 10,000 schedules in CI.
    testTimeout: 60_000,
  },
})
