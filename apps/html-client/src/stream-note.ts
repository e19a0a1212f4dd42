import type { WatchedStream } from './watched-stream.ts'

const SLOW_HINT =
  'No answer yet. Browsers allow six HTTP/1.1 connections to one site over all tabs: close another tab or stream.'

/** What is to be said about where a stream is, beyond the name of its state. Empty if all is well. */
export function noteOn({ state, slow }: WatchedStream, now: number): string {
  if (slow) return SLOW_HINT
  const { status, attempt, until, because } = state
  if (status === 'connecting') return attempt === undefined || attempt < 2 ? '' : `Attempt ${attempt}.`
  const next = attempt === undefined ? 'Next attempt' : `Attempt ${attempt}`
  const when = until === undefined ? '' : `${next} in ${(Math.max(0, until - now) / 1_000).toFixed(1)} s.`
  return [because ?? '', when].filter((part) => part !== '').join(' ')
}
