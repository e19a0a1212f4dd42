import { turns } from '../clock/fake-clock.ts'
import type { RecordedComment } from '../record/recorded-event.ts'
import type { Recording } from '../record/recording.ts'
import { settled } from './emits.ts'
import type { CheckOptions, Verdict } from './verdict.ts'

export interface PingOptions extends CheckOptions {
  /** How far an interval may be off. Default 0 where the clock is moved by hand, else a quarter of the interval, 50 at least. */
  readonly toleranceMs?: number | undefined
  /** How many intervals are measured. Default 2. */
  readonly intervals?: number | undefined
}

/** A clock that a test moves, as `FakeClock`. */
interface ManualClock {
  readonly nextTimerMs: number
  advance(ms: number): void
}

/**
 * Whether comments come at this interval while the stream is idle, by the recording's clock: one after another, with no event between
 * the two that are measured. A `FakeClock` is moved from timer to timer, so that an hour takes no time.
 */
export async function checkPingsEvery(
  recording: Recording,
  intervalMs: number,
  options: PingOptions,
): Promise<Verdict> {
  const { clock } = recording
  const manual = isManual(clock) ? clock : undefined
  const toleranceMs = options.toleranceMs ?? (manual === undefined ? Math.max(50, intervalMs / 4) : 0)
  const from = recording.entries.length
  const intervals: number[] = []
  let last: RecordedComment | undefined
  let at = from
  while (intervals.length < (options.intervals ?? 2)) {
    const ping = await nextComment(recording, at, intervalMs + toleranceMs, manual, options.timeoutMs)
    if (ping === undefined) break
    const between = recording.entries.slice(at, recording.entries.indexOf(ping))
    at = recording.entries.indexOf(ping) + 1
    // An event between two pings makes the stream not idle: what is measured begins anew.
    if (last !== undefined && between.every(({ kind }) => kind !== 'event'))
      intervals.push(ping.atMs - last.atMs)
    last = ping
  }
  const wrong = intervals.filter((interval) => Math.abs(interval - intervalMs) > toleranceMs)
  const pass = intervals.length === (options.intervals ?? 2) && wrong.length === 0
  const measured =
    intervals.length === 0 ? 'none' : intervals.map((interval) => `${Math.round(interval)} ms`).join(', ')
  const exactly = toleranceMs === 0 ? '' : ` (± ${toleranceMs} ms)`
  return {
    pass,
    message: `Expected ${pass ? 'no ' : ''}pings every ${intervalMs} ms${exactly} on the idle stream. Intervals between pings: ${measured}.\n\n${recording}`,
    actual: intervals,
    expected: Array.from({ length: options.intervals ?? 2 }, () => intervalMs),
  }
}

async function nextComment(
  recording: Recording,
  from: number,
  withinMs: number,
  clock: ManualClock | undefined,
  timeoutMs: number = recording.timeoutMs,
): Promise<RecordedComment | undefined> {
  const look = (): RecordedComment | undefined =>
    recording.entries.slice(from).find((entry) => entry.kind === 'comment')
  if (clock === undefined) return settled(recording, look, withinMs + timeoutMs, false)
  let left = withinMs
  while (left > 0) {
    const step = Math.min(left, clock.nextTimerMs)
    clock.advance(step)
    left -= step
    // What a timer has sent is on its way: over a socket, in as many turns as that takes.
    for (let turn = 0; turn < SETTLING_TURNS && look() === undefined; turn++) await turns(1)
    const found = look()
    if (found !== undefined || recording.end !== undefined) return found
  }
  // The time has come, so the ping has been sent if it ever is: only its way here is waited for.
  return settled(recording, look, timeoutMs, false)
}

const SETTLING_TURNS = 20

function isManual(clock: object): clock is ManualClock {
  return 'advance' in clock && 'nextTimerMs' in clock
}
