import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as source from '../src/web/index.ts'

const src = (file: string): string => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
const dist = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url))

/** What an index exports, types marked as such; `from` decides by the module that it comes from. */
function exportedNames(index: string, from: (module: string) => boolean = () => true): string[] {
  const names: string[] = []
  for (const [, type, list = '', module = ''] of index.matchAll(
    /export (type )?\{([^}]*)\} from '([^']*)'/g,
  )) {
    if (!from(module)) continue
    const items = list.split(',').map((item) => item.trim())
    for (const item of items) if (item !== '') names.push(type === undefined ? item : `type ${item}`)
  }
  return names.sort()
}

const isValue = (name: string): boolean => !name.startsWith('type ')

describe('the public surface of @sse/server/web', () => {
  const surface = exportedNames(src('web/index.ts'))

  it('is that of @sse/server but for what is of node, with a face of its own', () => {
    const ofAnyRuntime = exportedNames(src('index.ts'), (module) => !module.startsWith('./node/'))
    expect(surface).toEqual([...ofAnyRuntime, 'EventSourceResponse', 'type WebRequest'].sort())
    expect(Object.keys(source).sort()).toEqual(surface.filter(isValue))
  })

  it('is the same in what is published', async () => {
    expect(existsSync(dist('web.js')), 'Build the package first: pnpm build').toBe(true)
    const built: object = await import(dist('web.js'))
    expect(Object.keys(built).sort()).toEqual(surface.filter(isValue))
    expect(exportedNames(readFileSync(dist('web/index.d.ts'), 'utf8'))).toEqual(surface)
  })
})
