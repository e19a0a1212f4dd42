import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Most of the suite waits: for browsers, brokers and processes that are being killed, so more workers than cores are busy. By the
// environment, because projects with a configuration of their own do not take this from the one above them.
process.env['VITEST_MAX_WORKERS'] ??= String(Math.ceil(availableParallelism() * 1.5))

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/cli', 'apps/demo-server', 'apps/examples', 'bench', 'runtimes', 'cluster'],
  },
})
