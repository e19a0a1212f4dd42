import type { LogEntry } from './event-log.ts'
import { saveFile } from './save-file.ts'

/** One line of the file: `{ at, stream, type, id?, data }`, or `{ at, stream, comment }`. */
function lineOf({ receivedAt, stream, kind, type, id, data }: LogEntry): string {
  const at = new Date(receivedAt).toISOString()
  if (kind === 'comment') return JSON.stringify({ at, stream, comment: data })
  return JSON.stringify({ at, stream, type, ...(id !== '' && { id }), data })
}

/** Saves these entries as JSON Lines, in their order. */
export function exportLog(entries: Iterable<LogEntry>): void {
  const lines = Array.from(entries, (entry) => `${lineOf(entry)}\n`)
  const time = new Date().toISOString().replaceAll(':', '-').slice(0, 19)
  saveFile(`events-${time}.jsonl`, new Blob(lines, { type: 'application/jsonl' }))
}
