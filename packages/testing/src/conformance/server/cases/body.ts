import { failed, passed, skipped } from '../../case-run.ts'
import type { ServerCase } from '../server-case.ts'
import { FINISH_MS } from '../server-under-test.ts'
import { blocksOf, fieldOf, fieldValueOf, type StreamLine } from '../stream-reading.ts'
import { onStream } from './on-stream.ts'

const FIELDS: readonly (string | undefined)[] = ['', 'data', 'event', 'id', 'retry', undefined]

/** What stands in the stream. */
export const BODY: readonly ServerCase[] = [
  onStream(
    {
      name: 'valid-utf-8',
      section: '§9.2.5',
      level: 'must',
      title: 'the bytes are UTF-8',
      advice: 'Encode text as UTF-8. Bytes that are none reach clients as U+FFFD.',
    },
    ({ reading, exchange }) => {
      if (exchange.bodyBytes === 0) return skipped('no byte came')
      return reading.validUtf8 ? passed : failed('bytes that are no UTF-8')
    },
  ),
  onStream(
    {
      name: 'no-bom',
      section: '§9.2.5',
      level: 'good-practice',
      title: 'there is no byte order mark',
      advice: 'Clients drop one at the start, and take it for a letter anywhere else: write none.',
    },
    ({ reading }) => {
      const astray = reading.lines.filter(({ text }) => text.startsWith('\uFEFF'))
      if (astray.length > 0) return failed(`it begins a line: ${shown(astray)}`)
      return reading.hasBom ? failed('it begins the stream') : passed
    },
  ),
  onStream(
    {
      name: 'known-fields',
      section: '§9.2.6',
      level: 'good-practice',
      title: 'every line is a comment or one of data, event, id and retry',
      advice:
        'Readers pass over any other line. Most often it is text with line breaks that was written into one `data` line: write a `data:` for each of its lines.',
    },
    ({ reading }) => {
      const unknown = finished(reading.lines).filter((line) => !FIELDS.includes(fieldOf(line)))
      return unknown.length === 0 ? passed : failed(shown(unknown))
    },
  ),
  onStream(
    {
      name: 'retry-digits',
      section: '§9.2.6',
      level: 'good-practice',
      title: 'retry is an integer of milliseconds, in ASCII digits',
      advice: 'Readers pass over a `retry` that has anything but digits in it, a sign or a fraction too.',
    },
    ({ reading }) => {
      const retries = finished(reading.lines).filter((line) => fieldOf(line) === 'retry')
      if (retries.length === 0) return skipped('no retry came')
      const bad = retries.filter((line) => !/^\d+$/.test(fieldValueOf(line)))
      return bad.length === 0 ? passed : failed(shown(bad))
    },
  ),
  onStream(
    {
      name: 'id-without-nul',
      section: '§9.2.6',
      level: 'good-practice',
      title: 'no id contains NUL',
      advice: 'Readers pass over an id with NUL, and come back with an older one.',
    },
    ({ reading }) => {
      const ids = finished(reading.lines).filter((line) => fieldOf(line) === 'id')
      if (ids.length === 0) return skipped('no id came')
      const bad = ids.filter((line) => fieldValueOf(line).includes('\0'))
      return bad.length === 0 ? passed : failed(shown(bad))
    },
  ),
  onStream(
    {
      name: 'id-as-header',
      section: 'RFC 9110 §5.5',
      level: 'good-practice',
      title: 'every id can be sent in a header',
      advice:
        'An id comes back in `Last-Event-ID`, where control characters are forbidden and spaces at its ends get lost: use visible characters.',
    },
    ({ reading }) => {
      const ids = finished(reading.lines).filter((line) => fieldOf(line) === 'id')
      if (ids.length === 0) return skipped('no id came')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
      const bad = ids.filter((line) => /[\x01-\x1f\x7f]|^[ \t]|[ \t]$/.test(fieldValueOf(line)))
      return bad.length === 0 ? passed : failed(shown(bad))
    },
  ),
  onStream(
    {
      name: 'events-have-data',
      section: '§9.2.6',
      level: 'good-practice',
      title: 'every event of a named type has data',
      advice:
        'A block without a `data` field dispatches nothing: write `data:` where there is nothing to say.',
    },
    ({ reading }) => {
      const blocks = blocksOf(finished(reading.lines)).filter((block) =>
        block.some((line) => fieldOf(line) === 'event'),
      )
      if (blocks.length === 0) return skipped('no event of a named type came')
      const bad = blocks.filter((block) => !block.some((line) => fieldOf(line) === 'data'))
      return bad.length === 0 ? passed : failed(shown(bad.flat()))
    },
  ),
  onStream(
    {
      name: 'line-endings',
      section: '§9.2.5',
      level: 'good-practice',
      title: 'all lines end alike',
      advice:
        'Mixed line ends are read, but tell of text with a CR or CRLF that got into a line: split data at all three.',
    },
    ({ reading }) => {
      const endings = new Set(reading.lines.map(({ ending }) => ending).filter((ending) => ending !== ''))
      if (endings.size === 0) return skipped('no line came')
      return endings.size === 1 ? passed : failed([...endings].map((each) => JSON.stringify(each)).join(', '))
    },
  ),
  onStream(
    {
      name: 'ends-with-blank-line',
      section: '§9.2.5',
      level: 'must',
      title: 'a stream that ends has ended its last event with a blank line',
      advice: 'Readers discard an event that has no blank line behind it: write one also behind the last.',
    },
    ({ reading, exchange }) => {
      if (exchange.end !== 'complete') return skipped('the stream did not end while it was observed')
      const unfinished = reading.unfinished.filter(isNoComment)
      return unfinished.length === 0 ? passed : failed(`what came last has none: ${shown(unfinished)}`)
    },
  ),
  onStream(
    {
      name: 'blank-line-at-once',
      section: '§9.2.6',
      level: 'good-practice',
      title: 'the blank line comes with its event',
      advice:
        'Readers dispatch an event at its blank line: write it with the event, not in front of the next one.',
    },
    ({ reading, exchange, head, observedMs }) => {
      if (exchange.bodyBytes === 0) return skipped('no byte came')
      if (exchange.end !== undefined) return skipped('the stream ended')
      const unfinished = reading.unfinished.filter(isNoComment)
      if (unfinished.length === 0) return passed
      const sinceMs = head.atMs + observedMs - (exchange.arrivals.at(-1)?.atMs ?? 0)
      if (sinceMs < FINISH_MS) return skipped('an event was just coming when the observation ended')
      return failed(`none came in ${Math.round(sinceMs)} ms behind ${shown(unfinished)}`)
    },
  ),
]

/** Nobody misses a comment. */
function isNoComment(line: StreamLine): boolean {
  return fieldOf(line) !== ''
}

/** An unfinished line may be half of one. */
function finished(lines: readonly StreamLine[]): readonly StreamLine[] {
  return lines.filter(({ ending }) => ending !== '')
}

function shown(lines: readonly StreamLine[]): string {
  const few = lines
    .slice(0, 3)
    .map(({ text }) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text))
  return few.join(', ') + (lines.length > 3 ? ` and ${lines.length - 3} more` : '')
}
