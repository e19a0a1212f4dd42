import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'core',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The property tests run 100,000 cases each in CI, on a machine that may be busy with other things.
    testTimeout: 600_000,
  },
})
