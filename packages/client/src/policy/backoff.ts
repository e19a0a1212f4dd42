import { clientError, invalidOption } from '../errors.ts'

/** How long to wait before the next attempt. An immutable value: `next` returns the one after it. */
export interface Backoff {
  /** `random` gives numbers from 0 up to 1. */
  next(random: () => number): { readonly delayMs: number; readonly backoff: Backoff }
}

export interface ExponentialBackoffOptions {
  /** The bound of the first wait. Default 1,000 ms. */
  readonly initialMs?: number | undefined
  /** The bound of every wait. Default 30,000 ms. */
  readonly maxMs?: number | undefined
  /** By how much the bound grows with each attempt. Default 2. */
  readonly factor?: number | undefined
  /**
   * What chance does with the bound. Default `'full'`.
   *
   * - `'full'`: from 0 up to the bound. Spreads clients that lost a server at the same moment best.
   * - `'equal'`: from half of the bound up to it. Never at once.
   * - `'decorrelated'`: from `initialMs` up to three times the wait before, whatever the number of attempts.
   * - `'none'`: the bound itself.
   *
   * Named as in "Exponential Backoff And Jitter", Marc Brooker, AWS Architecture Blog, 2015.
   */
  readonly jitter?: 'full' | 'equal' | 'decorrelated' | 'none' | undefined
}

/** @throws SseError `invalid-option` */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const { initialMs = 1_000, maxMs = 30_000, factor = 2, jitter = 'full' } = options
  if (!(initialMs >= 0 && maxMs >= initialMs && factor >= 1 && Number.isFinite(maxMs * factor))) {
    throw clientError(
      'invalid-option',
      `An exponential backoff needs 0 ≤ initialMs ≤ maxMs and factor ≥ 1, but it has initialMs ${initialMs}, maxMs ${maxMs} and factor ${factor}.`,
      { field: 'backoff' },
    )
  }
  const spread = SPREADS[jitter]
  if (spread === undefined) throw invalidOption('jitter', "'full', 'equal', 'decorrelated' or 'none'", jitter)
  const at = (boundMs: number, lastMs: number): Backoff => ({
    next(random) {
      const delayMs = Math.min(spread({ boundMs, lastMs, initialMs, random: random() }), maxMs)
      return { delayMs, backoff: at(Math.min(boundMs * factor, maxMs), delayMs) }
    },
  })
  return at(initialMs, initialMs)
}

/** Always the same wait. @throws SseError `invalid-option` */
export function constantBackoff(delayMs: number): Backoff {
  if (!(delayMs >= 0 && Number.isFinite(delayMs))) {
    throw clientError(
      'invalid-option',
      `A constant backoff needs a number of milliseconds from 0 up, but it has ${delayMs}.`,
      {
        field: 'backoff',
      },
    )
  }
  const constant: Backoff = { next: () => ({ delayMs, backoff: constant }) }
  return constant
}

interface Wait {
  readonly boundMs: number
  /** The wait before. */
  readonly lastMs: number
  readonly initialMs: number
  readonly random: number
}

const SPREADS: Readonly<Record<NonNullable<ExponentialBackoffOptions['jitter']>, (wait: Wait) => number>> = {
  full: ({ boundMs, random }) => boundMs * random,
  equal: ({ boundMs, random }) => (boundMs / 2) * (1 + random),
  decorrelated: ({ initialMs, lastMs, random }) => initialMs + (lastMs * 3 - initialMs) * random,
  none: ({ boundMs }) => boundMs,
}
