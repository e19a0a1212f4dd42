import { createEventStreamParser, type DispatchedEvent } from '@sse/core'
import type { Arrival } from './raw-exchange.ts'

export interface ReadEvent extends DispatchedEvent {
  /** Its own; `undefined` if it has none. */
  readonly id: string | undefined
  readonly atMs: number
}

/** A line of a stream, as it stands on the wire. */
export interface StreamLine {
  readonly text: string
  /** `''`: it is not finished. */
  readonly ending: '\n' | '\r' | '\r\n' | ''
}

/** What stands in the bytes of a stream: the events, by the one parser, and the lines, for what a parser passes over. */
export interface StreamReading {
  readonly events: readonly ReadEvent[]
  readonly lines: readonly StreamLine[]
  readonly validUtf8: boolean
  /** At its very start. */
  readonly hasBom: boolean
  /** Lines of a block whose blank line has not come. */
  readonly unfinished: readonly StreamLine[]
}

export function readStream(arrivals: readonly Arrival[]): StreamReading {
  const events: ReadEvent[] = []
  let atMs = 0
  const parser = createEventStreamParser({
    onEvent: (event, id) => events.push({ ...event, id, atMs }),
    limits: { maxEventLength: Number.POSITIVE_INFINITY },
  })
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
  let validUtf8 = true
  let text = ''
  for (const arrival of arrivals) {
    atMs = arrival.atMs
    parser.feed(arrival.bytes)
    text += lenient.decode(arrival.bytes, { stream: true })
    if (!validUtf8) continue
    try {
      strict.decode(arrival.bytes, { stream: true })
    } catch {
      validUtf8 = false
    }
  }
  const hasBom = text.startsWith('\uFEFF')
  const lines = linesOf(hasBom ? text.slice(1) : text)
  return { events, lines, validUtf8, hasBom, unfinished: lines.slice(lines.findLastIndex(isBlank) + 1) }
}

/** The field name of a line: `''` for a comment, `undefined` for a blank line. */
export function fieldOf({ text }: StreamLine): string | undefined {
  return text === '' ? undefined : (text.split(':', 1)[0] ?? '')
}

/** The value of a line's field, without one space after the colon. */
export function fieldValueOf({ text }: StreamLine): string {
  const colon = text.indexOf(':')
  return colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
}

/** The lines between blank lines. */
export function blocksOf(lines: readonly StreamLine[]): readonly (readonly StreamLine[])[] {
  const blocks: StreamLine[][] = [[]]
  for (const line of lines) {
    if (isBlank(line)) blocks.push([])
    else blocks.at(-1)?.push(line)
  }
  return blocks.filter((block) => block.length > 0)
}

function isBlank({ text, ending }: StreamLine): boolean {
  return text === '' && ending !== ''
}

function linesOf(text: string): readonly StreamLine[] {
  return Array.from(text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g), ([, line = '', ending = '']) => ({
    text: line,
    ending: ending as StreamLine['ending'],
  })).filter((line) => line.text !== '' || line.ending !== '')
}
