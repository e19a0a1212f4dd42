import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'bench',
    // Contenders are processes that have to start, on machines that have other work too. Patience costs nothing.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
