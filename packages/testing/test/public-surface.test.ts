import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const dist = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url))

/** All names that an index exports, types marked as such. */
function exportedNames(text: string): string[] {
  const names: string[] = []
  for (const [, type, list] of text.matchAll(/export (type )?\{([^}]*)\}/g)) {
    for (const item of list?.split(',') ?? []) {
      if (item.trim() !== '') names.push(type === undefined ? item.trim() : `type ${item.trim()}`)
    }
  }
  return names.sort()
}

test.each([
  ['index', 'index.js', 'index.d.ts'],
  ['node', 'node.js', 'node.d.ts'],
  ['assert/vitest', 'vitest.js', 'assert/vitest.d.ts'],
  ['assert/jest', 'jest.js', 'assert/jest.d.ts'],
  ['msw/index', 'msw.js', 'msw/index.d.ts'],
  ['conformance/index', 'conformance.js', 'conformance/index.d.ts'],
])('%s exports this, and a change of it is a change of its snapshot', async (index, script, types) => {
  expect(existsSync(dist(script)), 'Build the package first: pnpm build').toBe(true)
  const names = exportedNames(readFileSync(new URL(`../src/${index}.ts`, import.meta.url), 'utf8'))
  await expect(`${names.join('\n')}\n`).toMatchFileSnapshot(
    `public-surface/${index.replace('/index', '').replace('assert/', '')}.txt`,
  )
  const declarations = readFileSync(dist(types), 'utf8')
  expect(declarations).not.toContain('export *')
  expect(exportedNames(declarations)).toEqual(names)
  // Jest's own globals can be imported in Jest alone: test/assert/runners.test.ts does.
  if (index === 'assert/jest') return
  const built: object = await import(dist(script))
  expect(Object.keys(built).sort()).toEqual(names.filter((name) => !name.startsWith('type ')))
})
