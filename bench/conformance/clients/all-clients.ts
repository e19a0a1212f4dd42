import type { AnyEventSourceClass, ClientAdapter } from '@sse/testing/conformance'

interface ClientEntry {
  readonly name: string
  /** For the Node that it runs in. */
  readonly flags?: readonly string[]
  readonly load: () => Promise<{ readonly subject: AnyEventSourceClass | ClientAdapter }>
}

const ENTRIES = {
  ours: { name: '**@sse/client** EventSource', load: () => import('./sse-client.ts') },
  node: {
    name: "Node's own",
    flags: ['--experimental-eventsource'],
    load: () => import('./node.ts'),
  },
  undici: { name: 'undici', load: () => import('./undici.ts') },
  eventsource: { name: 'eventsource', load: () => import('./eventsource.ts') },
  eventsourceClient: { name: 'eventsource-client', load: () => import('./eventsource-client.ts') },
  launchdarkly: { name: 'launchdarkly-eventsource', load: () => import('./launchdarkly.ts') },
} satisfies Record<string, ClientEntry>

export type ClientKey = keyof typeof ENTRIES

export const CLIENTS: Readonly<Record<ClientKey, ClientEntry>> = ENTRIES
