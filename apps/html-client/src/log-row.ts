import type { LogEntry } from './event-log.ts'
import { summaryOf } from './event-summary.ts'
import { copyOfTemplate, field, setText } from './page.ts'

const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
})

/** One event as a row. Everything of it is set as text: an event may contain anything. */
export function logRow(entry: LogEntry, selected: boolean): HTMLElement {
  const row = copyOfTemplate('log-row')
  const { kind, stream, type, id } = entry
  Object.assign(row.dataset, { stream, type: kind === 'comment' ? ':' : type, id, sequence: entry.sequence })

  const received = new Date(entry.receivedAt)
  const time = field(row, 'time', HTMLTimeElement)
  time.dateTime = received.toISOString()
  setText(time, clock.format(received))
  setText(field(row, 'stream', HTMLElement), stream)
  setText(field(row, 'type', HTMLElement), kind === 'comment' ? ': comment' : type)
  setText(field(row, 'summary', HTMLElement), kind === 'comment' ? entry.data : summaryOf(entry))
  setText(field(row, 'id', HTMLElement), id)
  markSelected(row, selected)
  return row
}

export function markSelected(row: HTMLElement, selected: boolean): void {
  field(row, 'open', HTMLButtonElement).setAttribute('aria-expanded', String(selected))
}
