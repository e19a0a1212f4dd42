import type {
  AnyRecordedEvent,
  RecordedComment,
  RecordedEnd,
  RecordedOpening,
  RecordedRetry,
} from './recorded-event.ts'

export type AnyEntry = AnyRecordedEvent | RecordedComment | RecordedRetry | RecordedOpening | RecordedEnd

const MAX_DATA_WIDTH = 100
const MAX_ENTRIES = 20

/** The last of the entries, a line for each, with aligned columns. */
export function describeEntries(entries: readonly AnyEntry[], maxEntries: number = MAX_ENTRIES): string {
  const shown = entries.slice(-maxEntries)
  const rows = shown.map(columns)
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map(([time = '', what = '', rest = '']) =>
    `  ${time.padStart(widths[0] ?? 0)}  ${what.padEnd(widths[1] ?? 0)}  ${rest}`.trimEnd(),
  )
  const left = entries.length - shown.length
  if (left > 0) lines.unshift(`  (${left} before)`)
  return lines.join('\n')
}

function columns(entry: AnyEntry): readonly string[] {
  const time = `${Math.round(entry.atMs)} ms`
  switch (entry.kind) {
    case 'event':
      return [time, `event ${entry.type}`, describeContent(entry)]
    case 'comment':
      return [time, 'comment', shorten(entry.text)]
    case 'retry':
      return [time, 'retry', `${entry.retryMs} ms`]
    case 'open':
      return [time, 'open', entry.status === undefined ? '' : `status ${entry.status}`]
    case 'end':
      return [time, `end ${entry.reason}`, entry.error === undefined ? '' : shorten(messageOf(entry.error))]
  }
}

/** Its id and data: `id "7"  {"value":1}`. */
export function describeContent({
  id,
  data,
}: {
  readonly id?: string | undefined
  readonly data: unknown
}): string {
  const text = shorten(typeof data === 'string' ? data : brief(data, Number.POSITIVE_INFINITY))
  return id === undefined ? text : `id ${JSON.stringify(id)}  ${text}`
}

/** A value on one line, cut to a width. Matchers are shown by their names. */
export function brief(value: unknown, width: number = MAX_DATA_WIDTH): string {
  return shorten(json(value), width)
}

function json(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'function') return unquoted(`[${part.name || 'function'}]`)
    if (typeof part === 'bigint') return unquoted(`${part}n`)
    if (part instanceof Map || part instanceof Set) return [...part]
    if (part instanceof RegExp) return unquoted(String(part))
    return isMatcher(part) ? unquoted(part.toAsymmetricMatcher()) : part
  })
  return text?.replace(UNQUOTED, (_, inner: string) => JSON.parse(`"${inner}"`)) ?? String(value)
}

/** What has no place in JSON stands between two characters that have none either. */
function unquoted(text: string): string {
  return `\uffff${text}\uffff`
}

const UNQUOTED = /"\uffff(.*?)\uffff"/g

function isMatcher(value: unknown): value is { toAsymmetricMatcher(): string } {
  return typeof (value as { toAsymmetricMatcher?: unknown } | null)?.toAsymmetricMatcher === 'function'
}

/** Control characters would tear the lines apart. */
function shorten(text: string, width: number = MAX_DATA_WIDTH): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    JSON.stringify(character).slice(1, -1),
  )
  return line.length <= width ? line : `${line.slice(0, width - 1)}… (${text.length} characters)`
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
