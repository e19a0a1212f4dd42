import { monotonicMicros } from './monotonic-clock.ts'

/** What every contender is given to send. */
export interface OutgoingEvent {
  /** How many were published before it, and it: what the reader checks the order by. */
  readonly id: string
  /** Its number again, its time, and filling: see {@link outgoingEvent}. */
  readonly data: string
}

const DIGITS_OF_TIME = 16

/**
 * The `n`th event: `<n> <time in µs> xxxx…`, `dataLength` characters of ASCII.
 *
 * Text, because the subject is how events reach many, and not how fast each contender calls `JSON.stringify`: those that
 * would call it are told by their own option that this is the text to send.
 */
export function outgoingEvent(
  n: number,
  dataLength: number,
  micros: number = monotonicMicros(),
): OutgoingEvent {
  const id = String(n)
  const start = `${id} ${String(micros).padStart(DIGITS_OF_TIME, '0')} `
  return { id, data: start.padEnd(dataLength, 'x') }
}

/** It as the lines that a program writes which makes them by hand. */
export function eventText({ id, data }: OutgoingEvent): string {
  return `id: ${id}\ndata: ${data}\n\n`
}
