import type { ServedStream } from './served-stream.ts'

interface ServerEntry {
  readonly name: string
  /** Only the process that serves loads it. */
  readonly load: () => Promise<{ readonly serve: () => Promise<ServedStream> }>
}

const ENTRIES = {
  ours: { name: '**@sse/server** Channel', load: () => import('./sse-server.ts') },
  betterSse: { name: 'better-sse', load: () => import('./better-sse.ts') },
  hono: { name: 'Hono streamSSE', load: () => import('./hono.ts') },
  fastifySse: { name: '@fastify/sse', load: () => import('./fastify-sse.ts') },
} satisfies Record<string, ServerEntry>

export type ServerKey = keyof typeof ENTRIES

export const SERVERS: Readonly<Record<ServerKey, ServerEntry>> = ENTRIES
