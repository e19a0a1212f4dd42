import { SseError } from './errors.ts'
import { EventLimit, type ParserLimits } from './event-limit.ts'
import { type EventStreamParser, FieldParser, type UnboundedParserOptions } from './field-parser.ts'
import { describe } from './field-values.ts'

export interface EventStreamParserOptions extends UnboundedParserOptions {
  readonly limits?: ParserLimits | undefined
}

/**
 * A push parser for event streams (WHATWG HTML §9.2.5 and §9.2.6). One streaming UTF-8 decoder; lines that end with LF, CR or
 * CRLF, cut anywhere; the last event ID kept over events and data-less blocks; `retry` clamped; a limit that holds however the
 * network cuts the stream.
 *
 * @throws SseError `invalid-limit`
 */
export function createEventStreamParser(options: EventStreamParserOptions): EventStreamParser {
  return new BoundedParser(options)
}

class BoundedParser extends FieldParser {
  /** What this stream is fed; `undefined` until its first chunk that is not empty. */
  #kind: 'bytes' | 'string' | undefined

  constructor(options: EventStreamParserOptions) {
    super(options, new EventLimit(options.limits))
  }

  override feed(chunk: Uint8Array | string): void {
    const kind = typeof chunk === 'string' ? 'string' : 'bytes'
    if (kind === 'bytes' && !ArrayBuffer.isView(chunk)) throw notAChunk(chunk)
    if ((typeof chunk === 'string' ? chunk.length : chunk.byteLength) > 0) {
      this.#kind ??= kind
      if (this.#kind !== kind) throw mixedChunks()
    }
    super.feed(chunk)
  }

  override reset(): void {
    super.reset()
    this.#kind = undefined
  }
}

function mixedChunks(): SseError {
  return new SseError(
    'invalid-chunk',
    'A parser is fed either bytes or strings, but this stream got both: a character that is cut between them could not be put together. Feed the bytes as they come.',
  )
}

function notAChunk(chunk: unknown): SseError {
  return new SseError(
    'invalid-chunk',
    `A chunk of an event stream must be a Uint8Array or a string, but it is ${describe(chunk)}.`,
  )
}
