import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { expectPublicSurface, exportedNames } from '../../testing/test/fixtures/public-surface.ts'

const root = new URL('../', import.meta.url)

test.each([
  ['index', 'index'],
  ['web', 'web/index'],
  ['redis', 'broker/redis/index'],
  ['nats', 'broker/nats/index'],
])('%s exports this, and a change of it is a change of its snapshot', async (name, source) => {
  await expectPublicSurface(root, { name, source })
})

test('the web face exports what the node face does but for what is of node, and has a face of its own', () => {
  const index = (name: string): string => readFileSync(new URL(`src/${name}.ts`, root), 'utf8')
  const ofAnyRuntime = exportedNames(index('index'), (module) => !module.startsWith('./node/'))
  const ofWeb = exportedNames(index('web/index'))
  expect(ofWeb).toEqual([...ofAnyRuntime, 'EventSourceResponse', 'type WebRequest'].sort())
})
