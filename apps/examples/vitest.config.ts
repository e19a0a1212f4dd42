import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'examples',
    // Each example is a process that has to start.
    testTimeout: 20_000,
  },
})
