import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'cli',
    // Each command is a process that has to start, on a machine that may be busy with other things.
    testTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
