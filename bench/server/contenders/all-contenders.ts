import type { Serve } from './contender.ts'
import { C_COMPILER, compilerIsInstalled, NCHAN_MODULE, nchanIsInstalled } from './installed.ts'

/** What a table says about it, and how its process, and no other, loads it. */
interface ContenderEntry {
  readonly name: string
  readonly load: () => Promise<{ readonly serve: Serve }>
  /** It is no server, and shows what there is to reach. */
  readonly bound?: boolean
  /** In words, if it cannot run here. */
  readonly absence?: string | undefined
}

const ENTRIES = {
  ours: { name: '@sse/server', load: () => import('./sse-server.ts') },
  betterSse: { name: 'better-sse', load: () => import('./better-sse.ts') },
  hono: { name: 'Hono streamSSE', load: () => import('./hono.ts') },
  fastify: { name: '@fastify/sse', load: () => import('./fastify-sse.ts') },
  nodeHttp: { name: 'node:http, res.write', load: () => import('./node-http.ts') },
  rawSockets: { name: 'raw sockets', load: () => import('./raw-sockets.ts'), bound: true },
  rawSocketsNagle: { name: 'raw sockets, Nagle', load: () => import('./raw-sockets-nagle.ts'), bound: true },
  nchan: {
    name: 'nchan (nginx, in C)',
    load: () => import('./nchan.ts'),
    absence: nchanIsInstalled() ? undefined : `there is no ${NCHAN_MODULE}, or no nginx`,
  },
  epollLoop: {
    name: 'epoll loop in C',
    load: () => import('./epoll-loop.ts'),
    bound: true,
    absence: compilerIsInstalled() ? undefined : `there is no ${C_COMPILER}, or no Linux`,
  },
} satisfies Record<string, ContenderEntry>

export type ContenderKey = keyof typeof ENTRIES

export const CONTENDERS: Readonly<Record<ContenderKey, ContenderEntry>> = ENTRIES

const KEYS = Object.keys(ENTRIES) as readonly ContenderKey[]

/** Those that can run here. */
export const AVAILABLE: readonly ContenderKey[] = KEYS.filter((key) => CONTENDERS[key].absence === undefined)

/** About all others, for the results. */
export const ABSENCES: readonly string[] = KEYS.filter((key) => !AVAILABLE.includes(key)).map(
  (key) =>
    `**${CONTENDERS[key].name} was not measured**: ${CONTENDERS[key].absence}. The goals beside it are missed.`,
)

/** Those that show what the way of sending makes of the sending of events, and are no servers beside that. */
const ONLY_SENDING: readonly ContenderKey[] = ['rawSocketsNagle', 'epollLoop']

/** Those that also greet and ping their clients, and can be measured in all that a server does. */
export const SERVERS: readonly ContenderKey[] = AVAILABLE.filter((key) => !ONLY_SENDING.includes(key))
