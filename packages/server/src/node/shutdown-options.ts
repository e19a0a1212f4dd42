import { constants } from 'node:os'
import { type Clock, systemClock } from '@sse/core'
import { checkCount, checkDuration, serverError } from '../errors.ts'
import { MAX_RETRY_MS } from '../stream/stream-options.ts'

export interface ShutdownOptions {
  /**
   * The signals that begin the drain; another one while it lasts cuts off what is left. Default `['SIGTERM', 'SIGINT']`;
   * `false` = none: call `drain` yourself.
   */
  readonly signals?: readonly NodeJS.Signals[] | false | undefined
  /** How long the whole drain may take: what is left then is cut off. Default 10,000 ms. */
  readonly graceMs?: number | undefined
  /**
   * Ends the streams one after the other over this time, so that their clients do not come back together. At most
   * `graceMs`. Default 0: all at once.
   */
  readonly spreadMs?: number | undefined
  /**
   * What the reconnection times of the clients are made from: each is told its own, from `retryMs` up to as much again, or
   * up to `spreadMs` more if that is longer. Default: the `retryMs` of its stream, or 3,000 ms, as browsers do.
   */
  readonly retryMs?: number | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
  /** Chance, for tests: numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** The options, checked and complete. */
export interface ShutdownSettings {
  readonly signals: readonly NodeJS.Signals[]
  readonly graceMs: number
  readonly spreadMs: number
  readonly retryMs: number | undefined
  readonly clock: Clock
  readonly random: () => number
}

const DEFAULT_GRACE_MS = 10_000
const DEFAULT_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']
/** Those that the system does not let a process handle. */
const UNCATCHABLE: readonly string[] = ['SIGKILL', 'SIGSTOP']

/** @throws SseError `invalid-option` */
export function checkShutdownOptions(options: ShutdownOptions): ShutdownSettings {
  const { signals, graceMs, spreadMs, retryMs, clock = systemClock, random = Math.random } = options
  const settings: ShutdownSettings = {
    signals: checkSignals(signals),
    graceMs: checkDuration('graceMs', graceMs ?? DEFAULT_GRACE_MS),
    spreadMs: checkDuration('spreadMs', spreadMs ?? 0),
    retryMs: retryMs === undefined ? undefined : checkCount('retryMs', retryMs, MAX_RETRY_MS),
    clock,
    random,
  }
  if (settings.spreadMs <= settings.graceMs) return settings
  throw serverError(
    'invalid-option',
    `spreadMs must not be longer than graceMs, after which all is cut off, but it is ${settings.spreadMs} and graceMs is ${settings.graceMs}. Raise graceMs, or lower spreadMs.`,
    { field: 'spreadMs' },
  )
}

/** @throws SseError `invalid-option` */
export function checkSignals(
  signals: readonly NodeJS.Signals[] | false = DEFAULT_SIGNALS,
): readonly NodeJS.Signals[] {
  if (signals === false) return []
  if (Array.isArray(signals) && signals.every(isCatchable)) return signals
  throw serverError(
    'invalid-option',
    `signals must be false, or an array of signals that a process can handle, such as ['SIGTERM', 'SIGINT'], but it is ${JSON.stringify(signals)}.`,
    { field: 'signals' },
  )
}

function isCatchable(signal: unknown): boolean {
  return typeof signal === 'string' && signal in constants.signals && !UNCATCHABLE.includes(signal)
}
