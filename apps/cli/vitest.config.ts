import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'cli',
    // Each command is a process that has to start.
    testTimeout: 20_000,
  },
})
