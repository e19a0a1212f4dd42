import type { Serve } from '../../server/contenders/contender.ts'

interface ContenderEntry {
  readonly name: string
  readonly load: () => Promise<Serve>
  /** Whether its clients must be answered with gzip. */
  readonly gzip: boolean
}

const ENTRIES = {
  none: {
    name: '@sse/server, not compressed',
    gzip: false,
    load: async () => (await import('./sse-server.ts')).serveOurs.bind(undefined, false),
  },
  once: {
    name: "@sse/server, compression: 'auto'",
    gzip: true,
    load: async () => (await import('./sse-server.ts')).serveOurs.bind(undefined, 'auto'),
  },
  perClient6: {
    name: 'node:http, gzip per client, level 6',
    gzip: true,
    load: async () => (await import('./gzip-per-client.ts')).serveGzipPerClient.bind(undefined, 6),
  },
  perClient1: {
    name: 'node:http, gzip per client, level 1',
    gzip: true,
    load: async () => (await import('./gzip-per-client.ts')).serveGzipPerClient.bind(undefined, 1),
  },
  betterSse: {
    name: 'better-sse behind compression',
    gzip: true,
    load: async () => (await import('./better-sse.ts')).serveBetterSse,
  },
} satisfies Record<string, ContenderEntry>

export type ContenderKey = keyof typeof ENTRIES

export const CONTENDERS: Readonly<Record<ContenderKey, ContenderEntry>> = ENTRIES

export const KEYS = Object.keys(ENTRIES) as readonly ContenderKey[]
