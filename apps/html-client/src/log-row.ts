import type { LogEntry } from './event-log.ts'
import { summaryOf } from './event-summary.ts'
import { indented } from './json.ts'
import { copyOfTemplate, field, setText } from './page.ts'

const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
})

/** One event as a row. Everything of it is set as text: an event may contain anything. */
export function logRow(entry: LogEntry): HTMLElement {
  const row = copyOfTemplate('log-row')
  Object.assign(row.dataset, { stream: entry.stream, type: entry.type, id: entry.id })

  const time = field(row, 'time', HTMLTimeElement)
  time.dateTime = entry.receivedAt.toISOString()
  setText(time, clock.format(entry.receivedAt))
  setText(field(row, 'stream', HTMLElement), entry.stream)
  setText(field(row, 'type', HTMLElement), entry.type)
  setText(field(row, 'summary', HTMLElement), summaryOf(entry))
  setText(field(row, 'id', HTMLElement), entry.id)

  // Most rows are never opened, so the data is only indented for those that are.
  const details = field(row, 'details', HTMLDetailsElement)
  details.addEventListener('toggle', () => setText(field(row, 'data', HTMLElement), indented(entry.data)), {
    once: true,
  })
  return row
}
