import { type AnyEntry, describeContent, describeEntries, messageOf } from './describe-entries.ts'
import type { RecordedEnd } from './recorded-event.ts'
import type { StreamHead } from './stream-source.ts'

/** What is known of a stream. */
export interface StreamState {
  readonly atMs: number
  readonly head: StreamHead | undefined
  readonly refusal: string
  readonly end: RecordedEnd | undefined
  readonly entries: readonly AnyEntry[]
}

/** How the stream of this name stands, and what came. */
export function describeRecording(name: string, state: StreamState): string {
  const { atMs, entries } = state
  const count = entries.length === 1 ? '1 entry' : `${entries.length} entries`
  const heading = `${name.charAt(0).toUpperCase()}${name.slice(1)} ${describeEnd(state)}.`
  return `${heading} What came (${count}, at ${Math.round(atMs)} ms):\n${describeEntries(entries)}`
}

function describeEnd({ end, head, refusal }: StreamState): string {
  switch (end?.reason) {
    case undefined:
      return 'is still open'
    case 'complete':
      return 'came to its end'
    case 'closed':
      return 'was closed by this side'
    case 'cut':
      return `broke off${end.error === undefined ? '' : ` (${messageOf(end.error)})`}`
    case 'refused':
      return `was refused: ${describeRefusal(head, refusal)}`
    case 'failed':
      return `is no longer read: ${messageOf(end.error)}`
  }
}

function describeRefusal(head: StreamHead | undefined, text: string): string {
  if (head?.status === undefined) return 'it never opened'
  const type = JSON.stringify(head.headers?.get('content-type') ?? null)
  return `status ${head.status}, content type ${type}, ${text === '' ? 'no body' : describeContent({ data: text })}`
}
