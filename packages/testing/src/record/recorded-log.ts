import { type DispatchedEvent, type EventSchemas, parseGap } from '@sse/core'
import { testingError } from '../errors.ts'
import { type BlockReader, createBlockReader } from './block-reader.ts'
import { type AnyEntry, describeContent, messageOf } from './describe-entries.ts'
import type { RecordSettings } from './record-options.ts'
import type { AnyRecordedEvent, RecordedComment, RecordedEnd, RecordingEndReason } from './recorded-event.ts'
import type { StreamHead, StreamSink } from './stream-source.ts'

/** Where a source puts what it sees: everything that came, with its times, up to one end. */
export class RecordedLog<Schemas extends EventSchemas> implements StreamSink {
  readonly entries: AnyEntry[] = []
  readonly events: AnyRecordedEvent[] = []
  readonly comments: RecordedComment[] = []
  head: StreamHead | undefined
  /** What the body of a refused answer said. */
  refusal = ''
  end: RecordedEnd | undefined
  lastEventId: string
  readonly #settings: RecordSettings<Schemas>
  readonly #beganAt: number
  readonly #reader: BlockReader
  readonly #onEnd: () => void
  #change: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(settings: RecordSettings<Schemas>, onEnd: () => void) {
    this.#settings = settings
    this.#beganAt = settings.clock.now()
    this.#onEnd = onEnd
    this.lastEventId = settings.lastEventId ?? ''
    this.#reader = createBlockReader(
      {
        event: (event, id, bytes) => this.#addEvent(event, id, bytes),
        comment: (text) => this.#add({ kind: 'comment', text, atMs: this.atMs }),
        retry: (retryMs) => this.#add({ kind: 'retry', retryMs, atMs: this.atMs }),
      },
      this.lastEventId,
      settings.limits,
    )
  }

  /** Milliseconds since the recording began. */
  get atMs(): number {
    return this.#settings.clock.now() - this.#beganAt
  }

  /** Settles at the next change, for all who wait. */
  get change(): Promise<void> {
    return this.#change.promise
  }

  /** Tells those who wait to look again. */
  changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  opened(head: StreamHead): void {
    this.head = head
    this.#guard(() => this.#add({ kind: 'open', ...head, atMs: this.atMs }))
  }

  refused(text: string): void {
    this.refusal = text
    this.ended('refused')
  }

  bytes(chunk: Uint8Array): void {
    this.#guard(() => this.#reader.feed(chunk))
  }

  event(event: DispatchedEvent): void {
    // An `EventSource` does not tell which id is the event's own: that of an earlier one is the best guess.
    this.#guard(() => this.#addEvent(event, event.lastEventId || undefined, undefined))
  }

  ended(reason: RecordingEndReason, error?: unknown): void {
    if (this.end !== undefined) return
    this.end = { kind: 'end', reason, error, atMs: this.atMs }
    this.entries.push(this.end)
    this.#onEnd()
    this.changed()
  }

  /** What is refused ends the recording: what came behind it would look as if nothing were missing. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.ended('failed', error)
    }
  }

  #addEvent(event: DispatchedEvent, id: string | undefined, bytes: Uint8Array | undefined): void {
    if (this.end !== undefined) return
    const { type, lastEventId } = event
    this.#add({ kind: 'event', type, data: this.#dataOf(event), id, lastEventId, atMs: this.atMs, bytes })
    this.lastEventId = lastEventId
  }

  #dataOf(event: DispatchedEvent): unknown {
    const { events } = this.#settings
    if (events === undefined) return event.data
    const gap = Object.hasOwn(events.schemas, 'gap') ? undefined : parseGap(event)
    if (gap !== undefined) return gap
    try {
      return events.parse(event).data
    } catch (error) {
      const shown = `${event.type}  ${describeContent(event)}`
      throw Object.assign(error as Error, { message: `${messageOf(error)} The event was: ${shown}` })
    }
  }

  #add(entry: AnyEntry): void {
    if (this.end !== undefined) return
    if (this.entries.length >= this.#settings.maxEntries) throw full(this.entries.length)
    this.entries.push(entry)
    if (entry.kind === 'event') this.events.push(entry)
    if (entry.kind === 'comment') this.comments.push(entry)
    this.changed()
  }
}

function full(entries: number): Error {
  return testingError(
    'invalid-option',
    `The recording is full: it has ${entries} entries. Raise maxEntries, or record less of the stream.`,
    { field: 'maxEntries' },
  )
}
