import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as source from '../src/index.ts'

const dist = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url))

/** All names that the index exports, types marked as such. */
function exportedNames(text: string): string[] {
  const names: string[] = []
  for (const [, type, list] of text.matchAll(/export (type )?\{([^}]*)\}/g)) {
    for (const item of list?.split(',') ?? []) {
      if (item.trim() !== '') names.push(type === undefined ? item.trim() : `type ${item.trim()}`)
    }
  }
  return names.sort()
}

const SURFACE = [
  'Channel',
  'ChannelRegistry',
  'ConnectionLimiter',
  'EventSourceResponse',
  'MemoryBroker',
  'createShutdown',
  'forwardShutdownSignals',
  'type Broker',
  'type BrokerEvent',
  'type BrokerFollower',
  'type BrokerPage',
  'type BrokerPlace',
  'type BrokerPosition',
  'type BrokerReading',
  'type BrokerRecord',
  'type ChannelOptions',
  'type ChannelRegistryOptions',
  'type CompactedEvent',
  'type Compression',
  'type ConnectionLimiterOptions',
  'type DiagnosedChannel',
  'type DiagnosticMessages',
  'type EndReason',
  'type EventSourceResponseOptions',
  'type Gap',
  'type GapReason',
  'type LagPolicy',
  'type MemoryBrokerOptions',
  'type PublishOptions',
  'type Published',
  'type PublishedEvent',
  'type Retention',
  'type SelectionOptions',
  'type ServerErrorCode',
  'type Shutdown',
  'type ShutdownOptions',
  'type StartPosition',
  'type StreamContent',
  'type StreamContentOrFactory',
  'type StreamContext',
  'type StreamEnd',
  'type StreamFeed',
  'type StreamItem',
  'type StreamProgress',
  'type SubscriptionOptions',
  'type UntypedEvents',
]

describe('the public surface of @sse/server', () => {
  it('is this, and a change of it is a change of this list', () => {
    expect(exportedNames(readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8'))).toEqual(SURFACE)
    expect(Object.keys(source).sort()).toEqual(SURFACE.filter((name) => !name.startsWith('type ')))
  })

  it('is the same in what is published', async () => {
    expect(existsSync(dist('index.js')), 'Build the package first: pnpm build').toBe(true)
    const built: object = await import(dist('index.js'))
    expect(Object.keys(built).sort()).toEqual(SURFACE.filter((name) => !name.startsWith('type ')))
    const declarations = readFileSync(dist('index.d.ts'), 'utf8')
    expect(declarations).not.toContain('export *')
    expect(exportedNames(declarations)).toEqual(SURFACE)
  })
})
