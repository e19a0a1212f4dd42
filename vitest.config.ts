import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/cli', 'apps/demo-server', 'apps/examples', 'bench', 'runtimes'],
  },
})
