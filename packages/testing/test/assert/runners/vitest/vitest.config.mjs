export default {
  test: { name: 'fixture', root: import.meta.dirname, include: ['*.vitest.mjs'], testTimeout: 60_000 },
}
