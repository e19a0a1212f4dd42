export default { test: { name: 'fixture', root: import.meta.dirname, include: ['*.vitest.mjs'] } }
