import type { Follow } from './contender.ts'

/** What a table says about it, and how its process, and no other, loads it. */
interface ContenderEntry {
  readonly name: string
  readonly load: () => Promise<{ readonly follow: Follow }>
  /** It is too slow for the whole stream, and reads one event of so many; the number is for one event all the same. */
  readonly oneOf?: number
}

const ENTRIES = {
  bareFetch: { name: '_fetch + eventsource-parser_', load: () => import('./bare-fetch.ts') },
  ours: { name: '**@sse/client createEventSource, on**', load: () => import('./sse-client.ts') },
  oursIterated: {
    name: '**@sse/client createEventSource, for await**',
    load: () => import('./sse-client-iteration.ts'),
  },
  oursStandard: { name: '**@sse/client EventSource**', load: () => import('./sse-client-standard.ts') },
  eventsource: { name: 'eventsource', load: () => import('./eventsource.ts') },
  eventsourceClient: { name: 'eventsource-client', load: () => import('./eventsource-client.ts') },
  undici: { name: 'undici EventSource', load: () => import('./undici.ts') },
  launchdarkly: { name: 'launchdarkly-eventsource', load: () => import('./launchdarkly.ts'), oneOf: 200 },
} satisfies Record<string, ContenderEntry>

export type ContenderKey = keyof typeof ENTRIES

export const CONTENDERS: Readonly<Record<ContenderKey, ContenderEntry>> = ENTRIES

export const ALL: readonly ContenderKey[] = Object.keys(ENTRIES) as readonly ContenderKey[]

export const PEERS: readonly ContenderKey[] = ['eventsource', 'eventsourceClient', 'undici', 'launchdarkly']
