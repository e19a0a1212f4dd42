import {
  type Clock,
  encodeFrame,
  type LineEnding,
  onAbort,
  type ServerSentEvent,
  systemClock,
} from '@sse/core'
import { testingError } from '../errors.ts'
import type { Step, Steps } from './step.ts'

export interface PlayOptions {
  /** By whose time pauses pass. Default: the real clock. */
  readonly clock?: Clock | undefined
  /** How lines of encoded events end. Default `'\n'`. */
  readonly lineEnding?: LineEnding | undefined
  /** Ends the play at once, wherever it is: in a pause, a stall, or waiting for a step. */
  readonly signal?: AbortSignal | undefined
}

/**
 * How a play ended: all steps were played, a step cut the connection in one of the two ways, or the signal aborted. A stall
 * ends only by the signal.
 */
export type PlayEnd = 'complete' | 'reset' | 'fin' | 'aborted'

/**
 * Plays the steps: yields the bytes of each, never none, and returns how it ended. It goes on when the next bytes are asked for,
 * so whoever takes none holds the script back.
 *
 * Rejects with what the steps throw, and with what `encodeEvent` refuses. What gives the steps is told by `return()` when it is not
 * read to its end.
 */
export async function* playSteps(
  steps: Steps,
  { clock = systemClock, lineEnding, signal }: PlayOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, PlayEnd, undefined> {
  const iterator = iteratorOf(steps)
  let ended = false
  try {
    for (;;) {
      const next = await untilAborted(Promise.resolve(iterator.next()), signal)
      if (next === 'aborted') return next
      if (next.done) {
        ended = true
        return 'complete'
      }
      const step = next.value
      if (isStep(step, 'cut')) return step.cut
      if (isStep(step, 'stall')) return await untilAborted(new Promise<never>(() => {}), signal)
      if (isStep(step, 'pauseMs')) {
        if ((await sleep(step.pauseMs, clock, signal)) === 'aborted') return 'aborted'
        continue
      }
      const bytes = toBytes(step, lineEnding)
      if (bytes.length > 0) yield bytes
    }
  } catch (error) {
    ended = true
    throw error
  } finally {
    // Not awaited: a generator that waits for something comes to its own end only after that.
    if (!ended) void iterator.return?.()
  }
}

const encoder = /* @__PURE__ */ new TextEncoder()

/** A copy: whoever takes the bytes may keep or transfer them, and the script can still be played again. */
function toBytes(step: Step, lineEnding: LineEnding | undefined): Uint8Array<ArrayBuffer> {
  if (typeof step === 'string') return encoder.encode(step)
  if (step instanceof Uint8Array) return new Uint8Array(step)
  return new Uint8Array(encodeFrame(step as ServerSentEvent, { lineEnding }))
}

function iteratorOf(steps: Steps): Iterator<Step> | AsyncIterator<Step> {
  // A string is an iterable of letters, but whoever writes one means it as a whole.
  if (typeof steps === 'string') return [steps][Symbol.iterator]()
  return Symbol.asyncIterator in steps ? steps[Symbol.asyncIterator]() : steps[Symbol.iterator]()
}

type Instruction<Key extends string> = Extract<Step, { readonly [K in Key]: unknown }>

function isStep<Key extends 'pauseMs' | 'cut' | 'stall'>(step: Step, key: Key): step is Instruction<Key> {
  return typeof step === 'object' && step !== null && key in step
}

/**
 * Waits on the clock, unless the signal aborts. A pause keeps the process alive, as the network that it stands for would.
 *
 * @throws SseError `invalid-option`
 */
export function sleep(
  ms: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<'aborted' | 'passed'> {
  if (!(ms >= 0)) {
    throw testingError('invalid-option', `A pause is a number of milliseconds from 0 up, not ${ms}.`, {
      field: 'pauseMs',
    })
  }
  if (ms === 0) return Promise.resolve(signal?.aborted ? 'aborted' : 'passed')
  let cancel = (): void => {}
  const passed = new Promise<'passed'>((resolve) => {
    cancel = clock.schedule(() => resolve('passed'), ms, true)
  })
  return untilAborted(passed, signal).finally(() => cancel())
}

/** What comes of the work, or `'aborted'` as soon as the signal aborts; the work is then left to itself. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | 'aborted'> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => resolve('aborted'))
    work.then(resolve, reject).finally(stop)
  })
}
