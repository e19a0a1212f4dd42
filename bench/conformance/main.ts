/**
 * `bench/conformance`: the conformance suites of `@sse/testing` on clients and servers of the field, ours among them. Writes
 * CONFORMANCE.md; `--only <word>` tries those whose key begins with it, and only prints.
 *
 * Rules of evidence:
 *
 * 1. All are tried by the same cases, on the same machine, in one run, each in a process of its own, with its defaults.
 * 2. A client whose shape is its own is tried behind an adapter (`clients/`), on its behaviour alone: cases about the interface of
 *    the standard are skipped. A server is what its documentation shows, with the little that it leaves to its users (`servers/`).
 * 3. What could not be judged is skipped, and counts for nobody.
 * 4. Each failure of a peer was looked at. Why it happens is told in `reasons.ts`.
 */
import { writeFileSync } from 'node:fs'
import { CLIENT_RULES, conformServer, SERVER_RULES } from '@sse/testing/conformance'
import { Child } from '../harness/child-process.ts'
import { describeMachine, describePackages } from '../harness/environment.ts'
import type { ClientProcess } from './client-process.ts'
import { CLIENTS, type ClientKey } from './clients/all-clients.ts'
import { conformInChromium } from './in-chromium.ts'
import type { ServerProcess } from './server-process.ts'
import { SERVERS, type ServerKey } from './servers/all-servers.ts'
import { type Column, differencesTable, failuresList, totalsTable } from './tables.ts'

/** Long enough to judge pings. */
const OBSERVE_MS = 17_000

const only = process.argv.includes('--only') ? process.argv.at(-1) : undefined

function wanted<Key extends string>(keys: readonly Key[]): readonly Key[] {
  return keys.filter((key) => only === undefined || key.startsWith(only))
}

function report(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function tryClient(key: ClientKey): Promise<Column> {
  report(`client ${key}`)
  const { name, flags = [] } = CLIENTS[key] as { readonly name: string; readonly flags?: readonly string[] }
  await using child = new Child<ClientProcess>(
    new URL('./client-process.ts', import.meta.url),
    [],
    [...flags, '--no-warnings'],
  )
  return { key, name, report: await child.call('conform', key) }
}

async function tryServer(key: ServerKey): Promise<Column> {
  report(`server ${key}`)
  await using child = new Child<ServerProcess>(new URL('./server-process.ts', import.meta.url), [])
  const port = await child.call('listen', key)
  const tried = await conformServer(`http://127.0.0.1:${port}/`, {
    observeMs: OBSERVE_MS,
    trigger: () => child.call('publish'),
  })
  return { key, name: SERVERS[key].name, report: tried.toJSON() }
}

// Together: they are observed for long, and have little to do.
const servers = await Promise.all(wanted(Object.keys(SERVERS) as ServerKey[]).map(tryServer))
const clients: Column[] = []
let browser = ''
for (const [key, subject, name] of [
  ['chromium', 'native', "Chromium's own"],
  ['oursInChromium', 'ours', '**@sse/client** EventSource in Chromium'],
] as const) {
  if (wanted([key]).length === 0) continue
  report(`client ${key}`)
  const { version, report: tried } = await conformInChromium(subject)
  browser = version
  clients.push({ key, name, report: tried })
}
for (const key of wanted(Object.keys(CLIENTS) as ClientKey[])) clients.push(await tryClient(key))

const packages = [
  'eventsource',
  'eventsource-client',
  'launchdarkly-eventsource',
  'undici',
  'better-sse',
  'hono',
  '@hono/node-server',
  '@fastify/sse',
]
const markdown = `# Conformance

What clients and servers of event streams do right and wrong, by the suites of \`@sse/testing/conformance\`. Written by
\`pnpm --filter @sse/bench conformance\`; nothing here is typed by hand. The rules of evidence stand at the top of
[conformance/main.ts](conformance/main.ts).

\`must\`: the text of WHATWG HTML §9.2 or of an RFC demands it. \`should\`: it is recommended there. \`good-practice\`: nobody demands it, but
without it streams stall, or events get lost, somewhere on the way. ✓ kept, ✗ not kept, – could not be judged.

${describeMachine()}, Chromium ${browser}. ${describePackages(packages)}.

## Clients

${totalsTable(clients)}

Of ${CLIENT_RULES.length} cases, these are not kept by all:

${differencesTable(CLIENT_RULES, clients)}

### What was found, and why

${failuresList(clients)}

## Servers

${totalsTable(servers)}

Of ${SERVER_RULES.length} cases, these are not kept by all:

${differencesTable(SERVER_RULES, servers)}

### What was found, and why

${failuresList(servers)}
`
if (only === undefined) writeFileSync(new URL('../CONFORMANCE.md', import.meta.url), markdown)
process.stdout.write(only === undefined ? 'CONFORMANCE.md\n' : markdown)
