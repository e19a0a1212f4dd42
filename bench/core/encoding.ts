import { type Goal, ratioAtLeast } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import { type Race, race } from '../harness/race.ts'
import { type Effort, speedRatio } from '../harness/rounds.ts'
import type { Section } from '../harness/section.ts'
import { ENCODERS } from './encoders/all-encoders.ts'
import { eventsourceEncoderBuffer, eventsourceEncoderTextEncoder } from './encoders/eventsource-encoder.ts'
import { sseCore } from './encoders/sse-core.ts'
import { DISTINCT_EVENTS, type EncodingKey } from './encoding-subject.ts'
import { SHAPES } from './outgoing-events.ts'

export interface EncodingPlan extends Effort {
  /** How many times one run encodes the events of a shape. */
  readonly passes: number
}

/** Events in, bytes out: every encoder on every shape of events. */
export async function benchEncoding(plan: EncodingPlan, report: (line: string) => void): Promise<Section> {
  const tables: string[] = []
  const goals: Goal[] = []
  for (const { name: shape } of SHAPES) {
    report(`encoding: ${shape}`)
    const keys = ENCODERS.map(({ name: encoder }): readonly [string, EncodingKey] => [
      encoder,
      { encoder, shape, passes: plan.passes },
    ])
    const result = await race(new URL('./encoding-subject.ts', import.meta.url), keys, plan)
    tables.push(`#### ${shape}\n\n${renderRace(result, plan.passes * DISTINCT_EVENTS)}`)
    goals.push(goalOf(shape, result))
  }
  return { title: 'Encoding: events to bytes', body: tables.join('\n\n'), goals }
}

function goalOf(shape: string, { timings }: Race): Goal {
  const peers = [eventsourceEncoderBuffer, eventsourceEncoderTextEncoder]
  // Beside the faster one of them, so the smaller ratio.
  const ratio = Math.min(...peers.map((peer) => speedRatio(timings, sseCore.name, peer.name)))
  return ratioAtLeast(`encodeFrame beside eventsource-encoder to bytes, ${shape}`, ratio, 1.3)
}

function renderRace({ timings, faults }: Race, eventCount: number): string {
  const nanoseconds = (ms: number): string => ((ms * 1e6) / eventCount).toFixed(0)
  const ranked = [...timings].toSorted(([, a], [, b]) => a.median - b.median)
  const rows = [
    ...ranked.map(([name, timing]) => [
      name,
      nanoseconds(timing.median),
      `${nanoseconds(timing.min)}–${nanoseconds(timing.max)}`,
      Math.round((eventCount * 1e3) / timing.median).toLocaleString('en'),
    ]),
    ...[...faults].map(([name]) => [name, 'wrong']),
  ]
  const table = markdownTable(['', 'ns/event', 'min–max', 'events/s'], rows)
  return [table, ...[...faults].map(([name, fault]) => `${name} is wrong: ${fault}.`)].join('\n\n')
}
