import { encodeFrame } from '@sse/core'
import type { EventStream } from '../stream/event-stream.ts'
import { formatEventId } from './event-id.ts'
import type { Log } from './log.ts'
import type { Gap, Resumption } from './resume.ts'

/**
 * One reader of a log: an offset and a stream. It keeps nothing of its own. While its stream is full the offset stays
 * where it is, so a slow reader costs as little memory as a fast one, and delays nobody.
 */
export class Subscriber {
  readonly stream: EventStream
  readonly #log: Log
  readonly #epoch: string
  /** The first event that this reader has not been given. */
  #offset: number
  #waiting = false
  #finishing = false

  constructor(stream: EventStream, log: Log, epoch: string, { offset, gap }: Resumption) {
    this.stream = stream
    this.#log = log
    this.#epoch = epoch
    this.#offset = offset
    if (gap === undefined) this.#tellPosition()
    else this.#tell(gap)
  }

  /** Writes what the log has and the stream takes. */
  advance(): void {
    while (this.stream.writable && this.#offset < this.#log.end) {
      // What is gone may have been all there was, and the gap may have filled the stream: look again.
      if (this.#offset < this.#log.start) this.#skipWhatIsGone()
      else this.#writeBatch()
    }
    if (this.#finishing && this.#offset === this.#log.end) this.stream.end('complete')
    if (this.stream.open && !this.stream.writable && !this.#waiting) {
      this.#waiting = true
      this.stream.whenWritable(() => {
        this.#waiting = false
        this.advance()
        // Nobody else reads from just here: kept, the batches of one slow reader would add up to a second log.
        this.#log.forgetBatches()
      })
    }
  }

  /** Nothing will be appended any more: the stream is complete when `advance` has written the last event. */
  finish(): void {
    this.#finishing = true
  }

  #writeBatch(): void {
    const { bytes, events, next } = this.#log.batch(this.#offset, this.stream.lineEnding)
    this.#offset = next
    this.stream.write(bytes, events)
  }

  /**
   * Tells a reader where it is before it has read anything: an id without data sets the last event ID and dispatches
   * nothing (WHATWG HTML §9.2.6). A connection that breaks before the first event can then be resumed too.
   */
  #tellPosition(): void {
    this.stream.writeEvent({ id: formatEventId(this.#epoch, this.#offset - 1) })
  }

  #skipWhatIsGone(): void {
    const missed = this.#log.start - this.#offset
    const requestedId = formatEventId(this.#epoch, this.#offset - 1)
    this.#offset = this.#log.start
    this.#tell({
      reason: 'lagged',
      requestedId,
      resumedAtId: formatEventId(this.#epoch, this.#offset - 1),
      missed,
    })
  }

  #tell(gap: Gap): void {
    const { lineEnding } = this.stream
    this.stream.write(encodeFrame({ id: gap.resumedAtId, event: 'gap', data: gap }, { lineEnding }), 1)
  }
}
