import { markdownTable } from '../harness/markdown-table.ts'
import type { Section } from '../harness/section.ts'
import { outgoingEvent } from './outgoing-event.ts'
import type { ProfiledFunction } from './profiled-time.ts'
import type { Report } from './server-section.ts'
import { Stage, WINDOW } from './stage.ts'

const WARM_UP_MS = 1_500
const PROFILED_MS = 3_000
const FUNCTIONS = 14

interface ProfiledScenario {
  readonly name: string
  /** Serves as in the scenario for this long. */
  readonly serve: (stage: Stage, forMs: number) => Promise<unknown>
  readonly clients: number
  readonly greeting?: Parameters<typeof Stage.open>[1]
}

const SCENARIOS: readonly ProfiledScenario[] = [
  { name: 'S1 fan-out', clients: 1000, serve: publishing(100, 1) },
  { name: 'S1b bursts', clients: 1000, serve: publishing(100, 10) },
  { name: 'S4, nobody stalls', clients: 100, serve: publishing(1024, 10) },
  {
    name: 'S5 churn',
    clients: 0,
    greeting: [1, 2, 3].map((n) => outgoingEvent(n, 100)),
    serve: ({ load, port }, forMs) => load.call('visit', { port, atOnce: 32, events: 3, forMs }),
  },
]

/** Where the time of @sse/server goes, by V8's sampling profiler, in the scenarios that are about speed. */
export async function profileOurs(report: Report): Promise<Section> {
  const tables: string[] = []
  for (const scenario of SCENARIOS) {
    report(`profile: ${scenario.name}`)
    tables.push(`#### ${scenario.name}\n\n${renderFunctions(await profile(scenario))}`)
  }
  return {
    title: 'Where the time of @sse/server goes',
    body: [
      'The functions with most time of their own, as a part of the time in which the process was not idle, by the sampling profiler of V8. What is native includes the system calls that it makes.',
      ...tables,
    ].join('\n\n'),
    goals: [],
  }
}

async function profile({ clients, greeting, serve }: ProfiledScenario): Promise<readonly ProfiledFunction[]> {
  await using stage = await Stage.open('ours', greeting)
  await stage.connect({ clients })
  await serve(stage, WARM_UP_MS)
  await stage.server.call('startProfile')
  await serve(stage, PROFILED_MS)
  return await stage.server.call('stopProfile', FUNCTIONS)
}

function publishing(dataLength: number, burst: number): ProfiledScenario['serve'] {
  return (stage, maxMs) =>
    stage.publish({ dataLength, burst, window: WINDOW, maxEvents: Number.MAX_SAFE_INTEGER, maxMs })
}

function renderFunctions(functions: readonly ProfiledFunction[]): string {
  return markdownTable(
    ['function', 'self'],
    functions.map(({ name, share }) => [`\`${name}\``, `${(share * 100).toFixed(1)} %`]),
  )
}
