import { createEventStreamParser, type DispatchedEvent, type ParserLimits } from '@sse/core'
import { EventBlocks } from './event-blocks.ts'

/** What the bytes of a stream say, in the order of the wire. */
export interface BlockListener {
  event(event: DispatchedEvent, id: string | undefined, bytes: Uint8Array): void
  comment(text: string): void
  retry(retryMs: number): void
}

export interface BlockReader {
  /** @throws SseError `event-too-large`; what the listener throws. */
  feed(chunk: Uint8Array): void
}

/** The parser of `@sse/core`, fed part by part, so that each event comes with its bytes. */
export function createBlockReader(
  listener: BlockListener,
  lastEventId: string,
  limits: ParserLimits | undefined,
): BlockReader {
  const blocks = new EventBlocks()
  let block: Uint8Array[] = []
  let cutCr = false
  const parser = createEventStreamParser({
    onEvent: (event, id) => listener.event(event, id, concat(block)),
    onComment: (text) => listener.comment(text),
    onRetry: (retryMs) => listener.retry(retryMs),
    lastEventId,
    limits,
  })
  return {
    feed(chunk) {
      for (const part of blocks.cut(chunk)) {
        // The LF of a CRLF that was cut behind a blank line belongs to the event that has been dispatched.
        const own = cutCr && part.bytes[0] === 0x0a ? part.bytes.subarray(1) : part.bytes
        cutCr = part.ends && part.bytes.at(-1) === 0x0d
        // A copy: the source may use the memory of its chunk again.
        if (own.length > 0) block.push(own.slice())
        parser.feed(part.bytes)
        if (part.ends) block = []
      }
    },
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
