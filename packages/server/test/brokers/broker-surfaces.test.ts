import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SURFACES = {
  redis: [
    'redisBroker',
    'type IoRedisClient',
    'type NodeRedisClient',
    'type RedisBrokerOptions',
    'type RedisClient',
  ],
  nats: ['natsBroker', 'type NatsBrokerOptions', 'type NatsConnection'],
}

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

function exportedNames(text: string): string[] {
  const names: string[] = []
  for (const [, all, list = ''] of text.matchAll(/export (type )?\{([^}]*)\}/g))
    for (const item of list.split(',').map((one) => one.trim()))
      if (item !== '') names.push(all === undefined ? item : `type ${item}`)
  return names.sort()
}

describe.each(Object.entries(SURFACES))('the public surface of @sse/server/%s', (name, surface) => {
  it('is this, in the source and in what is published', async () => {
    expect(exportedNames(readFileSync(file(`src/broker/${name}/index.ts`), 'utf8'))).toEqual(surface)
    expect(existsSync(file(`dist/${name}.js`)), 'Build the package first: pnpm build').toBe(true)
    const built: object = await import(file(`dist/${name}.js`))
    expect(Object.keys(built)).toEqual(surface.filter((item) => !item.startsWith('type ')))
    expect(exportedNames(readFileSync(file(`dist/broker/${name}/index.d.ts`), 'utf8'))).toEqual(surface)
  })
})
