import type { FakeClock } from '../../clock/fake-clock.ts'
import { testingError } from '../../errors.ts'
import {
  type CaseSelection,
  failed,
  mapConcurrently,
  passed,
  runCase,
  skipped,
  type Verdict,
} from '../case-run.ts'
import { checkDuration, checkSelection } from '../check-options.ts'
import type { CaseResult } from '../report/case-result.ts'
import { ConformanceReport } from '../report/conformance-report.ts'
import type { ConformanceRule } from '../rule.ts'
import { adaptedEventSource } from './adapted-event-source.ts'
import { CaseServer } from './case-server.ts'
import { CLIENT_CASES } from './cases/index.ts'
import type { ClientAdapter } from './client-adapter.ts'
import type { ClientCase } from './client-case.ts'
import type { ClientStage } from './client-stage.ts'
import type { EventSourceClass } from './event-source-like.ts'
import { PageStage } from './in-pages.ts'
import { NodeStage } from './node-stage.ts'
import { sameValue, shown } from './same-value.ts'

/** A class with the interface of the web's `EventSource`. */
export type AnyEventSourceClass = new (
  url: string,
  // The options of every such class, whatever they are.
  init?: never,
) => { readonly readyState: number; close(): void }

export interface ConformClientOptions extends CaseSelection {
  /** The name of the client in the report. Default that of the class or adapter. */
  readonly subject?: string | undefined
  /** How long a case waits for what must come. Default 5,000 ms: browsers take three seconds to connect again. */
  readonly timeoutMs?: number | undefined
  /**
   * For a client whose time can be injected: what its constructor is given beside `withCredentials`, with a clock for this
   * case. Cases then wait for nothing, and reconnection times are judged to the millisecond.
   */
  readonly initWithClock?: ((clock: FakeClock) => object) | undefined
}

/** The rules that `conformClient` tries, in order. */
export const CLIENT_RULES: readonly ConformanceRule[] = CLIENT_CASES

/**
 * Tries a client on the rules of WHATWG HTML §9.2, against servers of its own on loopback.
 *
 * @param client a class like the web's `EventSource`, an adapter for a client of another shape, or `inPages(…)`.
 * @throws SseError `invalid-option`.
 */
export async function conformClient(
  client: AnyEventSourceClass | ClientAdapter | ClientStage,
  options: ConformClientOptions = {},
): Promise<ConformanceReport> {
  checkSelection(options, CLIENT_CASES)
  const timeoutMs = checkDuration('timeoutMs', options.timeoutMs ?? 5_000)
  const stage = stageOf(client, options)
  const chosen = CLIENT_CASES.filter(({ name }) => options.only?.includes(name) ?? true)
  const run = async (each: ClientCase): Promise<CaseResult> =>
    await runCase(each, options, () => judge(each, stage, timeoutMs))
  // Errors that nobody catches belong to the process: cases about them run one by one, when no other does.
  const together = await mapConcurrently(
    chosen.filter(({ needs }) => needs !== 'reports'),
    stage.concurrency,
    run,
  )
  const alone = await mapConcurrently(
    chosen.filter(({ needs }) => needs === 'reports'),
    1,
    run,
  )
  const results = new Map([...together, ...alone].map((result) => [result.name, result]))
  return new ConformanceReport(
    options.subject ?? stage.subject,
    chosen.flatMap(({ name }) => results.get(name) ?? []),
  )
}

async function judge(playing: ClientCase, stage: ClientStage, timeoutMs: number): Promise<Verdict> {
  const { place, needs, server: script, expected } = playing
  if (place !== undefined && place !== stage.place)
    return skipped(place === 'page' ? 'it is about pages' : 'it is about clients outside of pages')
  const lacking = needs && stage.lacks[needs]
  if (lacking !== undefined) return skipped(lacking)
  await using server = await CaseServer.start(script)
  const found = await stage.play(playing, server, timeoutMs)
  return sameValue(found, expected) ? passed : failed(`${shown(found)} instead of ${shown(expected)}`)
}

function stageOf(
  client: AnyEventSourceClass | ClientAdapter | ClientStage,
  { initWithClock }: ConformClientOptions,
): ClientStage {
  if (client instanceof PageStage) return client
  if (typeof client === 'function')
    return new NodeStage(client as unknown as EventSourceClass, {
      subject: client.name,
      lacks: {},
      initWithClock,
    })
  if (typeof client === 'object' && client !== null && 'open' in client) {
    const why = 'it has a shape of its own'
    return new NodeStage(adaptedEventSource(client), {
      subject: client.name,
      lacks: { interface: why, reports: why, clock: why },
      initWithClock: undefined,
    })
  }
  throw testingError(
    'invalid-option',
    'conformClient needs a class like EventSource, an adapter with open(url, events), or inPages(…).',
    { field: 'client' },
  )
}
