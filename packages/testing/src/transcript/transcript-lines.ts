import type { SseError } from '@sse/core'
import { type TestingErrorCode, testingError } from '../errors.ts'
import type {
  Transcript,
  TranscriptChunk,
  TranscriptEnd,
  TranscriptEndReason,
  TranscriptHead,
  TranscriptRecord,
} from './transcript.ts'

/** The version of the format, which TRANSCRIPT.md describes line by line. */
const VERSION = 1

/** A transcript as the text of its file. */
export function formatTranscript({ chunks, end, ...head }: Transcript): string {
  return [
    formatRecord({ kind: 'head', head }),
    ...chunks.map((chunk) => formatRecord({ kind: 'chunk', chunk })),
    formatRecord({ kind: 'end', end }),
  ].join('')
}

/** One line, its line break included. */
export function formatRecord(record: TranscriptRecord): string {
  return `${JSON.stringify(lineOf(record))}\n`
}

function lineOf(record: TranscriptRecord): object {
  switch (record.kind) {
    case 'head': {
      const { url, status, headers, requestHeaders, headMs, recordedAt } = record.head
      return { sseTranscript: VERSION, url, status, headers, requestHeaders, headMs, recordedAt }
    }
    case 'chunk': {
      const { atMs, bytes } = record.chunk
      const text = textOf(bytes)
      return text === undefined ? { atMs, base64: toBase64(bytes) } : { atMs, text }
    }
    case 'end': {
      const { reason, atMs, error } = record.end
      return { atMs, end: reason, error }
    }
  }
}

/**
 * The transcript that a text is.
 *
 * @param name What errors call it: its file, most often.
 * @throws SseError `invalid-transcript`, with the number of the line.
 */
export function parseTranscript(text: string, name = 'transcript'): Transcript {
  return new TranscriptText(text, name).read()
}

class TranscriptText {
  readonly #lines: readonly string[]
  readonly #name: string
  #at = 0

  constructor(text: string, name: string) {
    // One line break at the end ends the last line; Windows editors leave a CR, which is white space to JSON.
    this.#lines = text.replace(/\r?\n$/, '').split('\n')
    this.#name = name
  }

  read(): Transcript {
    const head = this.#readHead()
    const chunks: TranscriptChunk[] = []
    let lastMs = 0
    while (this.#at < this.#lines.length) {
      const line = this.#next()
      lastMs = this.#time(line, 'atMs', lastMs)
      if ('end' in line) return { ...head, chunks, end: this.#readEnd(line, lastMs) }
      chunks.push({ atMs: lastMs, bytes: this.#readBytes(line) })
    }
    throw this.#invalid(
      'is the last, but says no end: the recording was interrupted. To use what there is, add the line {"atMs":' +
        `${lastMs},"end":"closed"}`,
    )
  }

  #readHead(): TranscriptHead {
    const { sseTranscript, url, status, headers, requestHeaders, headMs = 0, recordedAt } = this.#next()
    if (sseTranscript === undefined)
      throw this.#invalid('is not the head of a transcript: it has no "sseTranscript"')
    if (sseTranscript !== VERSION) {
      throw this.#invalid(
        `says version ${JSON.stringify(sseTranscript)}, and this reader knows version ${VERSION}. Update @sse/testing`,
      )
    }
    if (typeof url !== 'string') throw this.#invalid('has no "url"')
    // A Response has no other status.
    if (!Number.isInteger(status) || Number(status) < 200 || Number(status) > 599)
      throw this.#invalid('needs a "status" from 200 to 599')
    if (typeof recordedAt !== 'string' || Number.isNaN(Date.parse(recordedAt)))
      throw this.#invalid('needs a date in "recordedAt", as 2026-01-01T00:00:00.000Z')
    return {
      url,
      status: Number(status),
      headers: this.#headers('headers', headers),
      ...(requestHeaders !== undefined && {
        requestHeaders: this.#headers('requestHeaders', requestHeaders),
      }),
      headMs: this.#time({ headMs }, 'headMs', 0),
      recordedAt,
    }
  }

  #readBytes({ text, base64 }: Line): Uint8Array {
    if ((text === undefined) === (base64 === undefined))
      throw this.#invalid('needs one of "text", "base64" and "end"')
    if (text !== undefined) {
      if (typeof text !== 'string') throw this.#invalid('has a "text" that is no string')
      if (!text.isWellFormed())
        throw this.#invalid('has half of a surrogate pair in "text", which UTF-8 cannot say. Use "base64"')
      return new TextEncoder().encode(text)
    }
    try {
      return fromBase64(base64 as string)
    } catch (cause) {
      throw this.#invalid('has a "base64" that is none', cause)
    }
  }

  #readEnd({ end, error }: Line, atMs: number): TranscriptEnd {
    if (!END_REASONS.has(end))
      throw this.#invalid(`has an "end" that is none of ${[...END_REASONS].join(', ')}`)
    if (error !== undefined && typeof error !== 'string')
      throw this.#invalid('has an "error" that is no string')
    if (this.#at < this.#lines.length) {
      this.#at++
      throw this.#invalid('stands behind the end')
    }
    return { atMs, reason: end as TranscriptEndReason, ...(error !== undefined && { error }) }
  }

  /** Time does not go back: what was recorded at the same time may be told with one number, not with an earlier one. */
  #time(line: Line, field: string, from: number): number {
    const ms = line[field]
    if (typeof ms !== 'number') throw this.#invalid(`needs milliseconds in "${field}"`)
    if (ms < from) throw this.#invalid(`has ${ms} in "${field}", which is before ${from}`)
    return ms
  }

  #headers(field: string, value: unknown): TranscriptHead['headers'] {
    const problem = `needs pairs of a name and a value in "${field}", as [["content-type","text/event-stream"]]`
    if (!Array.isArray(value) || !value.every(isPairOfStrings)) throw this.#invalid(problem)
    try {
      new Headers(value.map(([name, content]): [string, string] => [name, content]))
    } catch (cause) {
      throw this.#invalid(`has in "${field}" what is no header`, cause)
    }
    return value
  }

  #next(): Line {
    const line = this.#lines[this.#at++] ?? ''
    try {
      const value: unknown = JSON.parse(line)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Line
    } catch (cause) {
      throw this.#invalid('is no JSON', cause)
    }
    throw this.#invalid('is no JSON object')
  }

  #invalid(problem: string, cause?: unknown): SseError<TestingErrorCode> {
    return testingError('invalid-transcript', `${this.#name}, line ${this.#at} ${problem}.`, {
      ...(cause !== undefined && { cause }),
    })
  }
}

/** A line as JSON has it: nothing is known of its fields. */
type Line = Readonly<Record<string, unknown>>

const END_REASONS: ReadonlySet<unknown> = new Set<TranscriptEndReason>(['complete', 'cut', 'closed'])

function isPairOfStrings(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
}

/** The text that these bytes are by themselves; `undefined` where they are none, as when a chunk ends inside a character. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

// Not by Buffer: a browser has none. Not by Uint8Array's own methods: Node has them from version 25.
function toBase64(bytes: Uint8Array): string {
  let characters = ''
  for (const byte of bytes) characters += String.fromCharCode(byte)
  return btoa(characters)
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
