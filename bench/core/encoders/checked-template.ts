import type { Encoder, OutgoingEvent } from './encoder.ts'

/** What a careful user writes by hand: a template, with the checks without which it would be a hole (CWE-93). */
export const checkedTemplate: Encoder = {
  name: 'checked template + Buffer.from',
  encode(events, sink) {
    for (const event of events) sink(Buffer.from(write(event)))
  },
}

function write({ id, event, data }: OutgoingEvent): string {
  const idLine = id === undefined ? '' : `id: ${oneLine(id)}\n`
  const eventLine = event === undefined ? '' : `event: ${oneLine(event)}\n`
  return `${idLine}${eventLine}data: ${LINE_BREAK.test(data) ? data.replace(LINE_BREAKS, '\ndata: ') : data}\n\n`
}

const LINE_BREAK = /[\r\n]/
const LINE_BREAKS = /\r\n|\r|\n/g
const UNSAFE = /[\r\n\0]/

function oneLine(value: string): string {
  if (UNSAFE.test(value)) throw new TypeError('id and event must be one line without U+0000')
  return value
}
