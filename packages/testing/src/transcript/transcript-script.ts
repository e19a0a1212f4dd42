import { type Clock, createEventStreamParser, systemClock } from '@sse/core'
import { testingError } from '../errors.ts'
import { cut, pause, type ScriptedAnswer, type ScriptedRequest, type Step, stall } from '../script/step.ts'
import { type Position, positionsOf } from './positions.ts'
import type { Transcript } from './transcript.ts'

export interface ReplayOptions {
  /** How many times as fast as it was recorded. Default 1; `Infinity`: without any wait. */
  readonly speed?: number | undefined
  /**
   * Whether a request with a `Last-Event-ID` gets what comes after that event. Default true. One that has the last id already is
   * answered 204, which ends an `EventSource`; one whose id the transcript does not have gets all of it. With false, every request does.
   */
  readonly resume?: boolean | undefined
  /**
   * What comes after the last byte. `complete`: the body ends. `cut`: the connection breaks. `stall`: it stays open and silent.
   * Default: as it was recorded; a recording that was `closed` while the stream went on ends properly.
   */
  readonly end?: 'complete' | 'cut' | 'stall' | undefined
  /** By whose time it is replayed. Default the real one. */
  readonly clock?: Clock | undefined
}

/**
 * A script that answers every request with the transcript, for `scriptedFetch`, `scriptedServer`, or a script of one's
 * own that breaks something in between:
 *
 * ```ts
 * const again = transcriptScript(transcript, { speed: Infinity })
 * scriptedFetch((request) => (request.index === 0 ? { status: 503 } : again(request)))
 * ```
 *
 * @throws SseError `invalid-option`
 */
export function transcriptScript(
  transcript: Transcript,
  options: ReplayOptions = {},
): (request: Pick<ScriptedRequest, 'lastEventId'>) => ScriptedAnswer {
  const { speed = 1, resume = true, end = endOf(transcript), clock = systemClock } = options
  if (!(speed > 0)) {
    throw testingError('invalid-option', `speed is ${speed}: it is a number above 0, or Infinity.`, {
      field: 'speed',
    })
  }
  if (!ENDS.has(end)) {
    throw testingError('invalid-option', `end is ${end}: it is one of ${[...ENDS].join(', ')}.`, {
      field: 'end',
    })
  }
  let positions: ReadonlyMap<string, Position> | undefined
  const from = (position: Position): ScriptedAnswer => ({
    status: transcript.status,
    // `null`: nothing is added where the recorded response had no content type.
    headers: { 'content-type': null, ...joined(transcript.headers) },
    delayMs: transcript.headMs / speed,
    steps: steps(transcript, position, speed, end, clock),
  })
  return ({ lastEventId }) => {
    if (!resume || !lastEventId) return from(START)
    positions ??= positionsOf(transcript.chunks)
    const position = positions.get(lastEventId)
    if (position === undefined) return from(START)
    return end === 'stall' || hasEventsBehind(transcript, position) ? from(position) : { status: 204 }
  }
}

const START: Position = { chunk: 0, offset: 0 }
const ENDS: ReadonlySet<unknown> = new Set(['complete', 'cut', 'stall'])

function endOf({ end }: Transcript): 'complete' | 'cut' {
  return end.reason === 'cut' ? 'cut' : 'complete'
}

/**
 * What is due is reckoned from the beginning, not from the chunk before: each timer is a little late, and over a thousand chunks that
 * would be a second.
 */
function* steps(
  { chunks, end: { atMs: endMs } }: Transcript,
  { chunk: first, offset }: Position,
  speed: number,
  end: NonNullable<ReplayOptions['end']>,
  clock: Clock,
): Generator<Step, void, undefined> {
  const startedAt = clock.now()
  const fromMs = offset === 0 ? 0 : (chunks[first]?.atMs ?? 0)
  const waitMs = (atMs: number): number => startedAt + (atMs - fromMs) / speed - clock.now()
  for (const [index, { atMs, bytes }] of chunks.entries()) {
    const rest = index === first ? bytes.subarray(offset) : bytes
    if (index < first || rest.byteLength === 0) continue
    if (waitMs(atMs) > 0) yield pause(waitMs(atMs))
    yield rest
  }
  if (end === 'stall') yield stall()
  if (waitMs(endMs) > 0) yield pause(waitMs(endMs))
  if (end === 'cut') yield cut()
}

/** Whether an event comes behind it: pings alone are nothing to come back for. */
function hasEventsBehind({ chunks }: Transcript, { chunk: first, offset }: Position): boolean {
  let found = false
  const parser = createEventStreamParser({
    onEvent() {
      found = true
    },
    limits: { maxEventLength: Number.POSITIVE_INFINITY },
  })
  for (const [index, { bytes }] of chunks.entries()) {
    if (index >= first) parser.feed(index === first ? bytes.subarray(offset) : bytes)
    if (found) return true
  }
  return false
}

/** A script has one value for a name; several are joined by a comma, as `Headers` joins them. */
function joined(headers: Transcript['headers']): Record<string, string> {
  return Object.fromEntries(new Headers(headers.map(([name, value]): [string, string] => [name, value])))
}
