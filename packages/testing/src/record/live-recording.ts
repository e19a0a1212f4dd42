import { type Clock, type EventSchemas, onAbort } from '@sse/core'
import { testingError } from '../errors.ts'
import { withoutOwnFrames } from '../own-frames.ts'
import { describeRecording } from './describe-recording.ts'
import { EventCursor } from './event-cursor.ts'
import type { EventPattern } from './event-pattern.ts'
import { Deadline } from './real-time.ts'
import type { RecordSettings, RequestOptions } from './record-options.ts'
import type { RecordedComment, RecordedEnd, RecordedEntry, RecordedEventOf } from './recorded-event.ts'
import { RecordedLog } from './recorded-log.ts'
import type { RecordedResponse, Recording, WaitForOptions, WaitOptions } from './recording.ts'
import type { StreamSource, StreamTap } from './stream-source.ts'

/** A stream that is being recorded: from its opening to its end. What a test waits for meanwhile is the {@link EventCursor}'s. */
export class LiveRecording<Schemas extends EventSchemas> implements Recording<Schemas> {
  readonly #source: StreamSource
  readonly #settings: RecordSettings<Schemas>
  readonly #log: RecordedLog<Schemas>
  readonly #cursor: EventCursor<Schemas>
  #tap: StreamTap | undefined
  #closing: Promise<void> | undefined
  readonly #leaving = new AbortController()
  #stopListening: (() => void) | undefined

  private constructor(source: StreamSource, settings: RecordSettings<Schemas>) {
    this.#source = source
    this.#settings = settings
    this.#log = new RecordedLog(settings, () => this.#ended())
    this.#cursor = new EventCursor(this.#log, settings, this)
  }

  /** Settles when the stream has begun, or was refused. */
  static async open<Schemas extends EventSchemas>(
    source: StreamSource,
    settings: RecordSettings<Schemas>,
  ): Promise<LiveRecording<Schemas>> {
    const recording = new LiveRecording(source, settings)
    await recording.#open()
    return recording
  }

  get events(): readonly RecordedEventOf<Schemas>[] {
    return this.#log.events as unknown as readonly RecordedEventOf<Schemas>[]
  }

  get comments(): readonly RecordedComment[] {
    return this.#log.comments
  }

  get entries(): readonly RecordedEntry<Schemas>[] {
    return this.#log.entries as unknown as readonly RecordedEntry<Schemas>[]
  }

  get response(): RecordedResponse | undefined {
    const { status, headers } = this.#log.head ?? {}
    if (status === undefined || headers === undefined) return undefined
    return { status, headers, text: this.#log.refusal }
  }

  get end(): RecordedEnd | undefined {
    this.#tap?.poll?.()
    return this.#log.end
  }

  get lastEventId(): string {
    return this.#log.lastEventId
  }

  get clock(): Clock {
    return this.#settings.clock
  }

  get timeoutMs(): number {
    return this.#settings.timeoutMs
  }

  next(options?: WaitOptions): Promise<RecordedEventOf<Schemas>>
  next(count: number, options?: WaitOptions): Promise<RecordedEventOf<Schemas>[]>
  async next(...[first, second]: [(number | WaitOptions)?, WaitOptions?]): Promise<unknown> {
    if (typeof first !== 'number') return (await this.#cursor.take(undefined, 1, first))[0]
    return this.#cursor.take(undefined, first, second)
  }

  take(type: string, options?: WaitOptions): Promise<never>
  take(type: string, count: number, options?: WaitOptions): Promise<never[]>
  async take(type: string, ...[first, second]: [(number | WaitOptions)?, WaitOptions?]): Promise<unknown> {
    if (typeof first !== 'number') return (await this.#cursor.take(type, 1, first))[0]
    return this.#cursor.take(type, first, second)
  }

  until(
    last: EventPattern<Schemas> | ((event: RecordedEventOf<Schemas>) => boolean),
    options?: WaitOptions,
  ): Promise<RecordedEventOf<Schemas>[]> {
    return this.#cursor.until(last, options)
  }

  quiet(ms: number, options?: WaitOptions): Promise<void> {
    return this.#cursor.quiet(ms, options)
  }

  ended(options?: WaitOptions): Promise<RecordedEnd> {
    return this.waitFor(() => this.#log.end, { awaited: 'the end of the stream', ...options })
  }

  waitFor<T>(look: () => T | undefined, options?: WaitForOptions): Promise<T> {
    return this.#cursor.waitFor(look, options)
  }

  [Symbol.asyncIterator](): AsyncGenerator<RecordedEventOf<Schemas>, void, undefined> {
    return this.#cursor[Symbol.asyncIterator]()
  }

  pauseReading(): void {
    const pause = this.#tap?.pause
    if (pause === undefined && this.#log.end === undefined) {
      throw testingError(
        'not-a-source',
        'An EventSource reads as it likes. For a slow reader, record the URL or the handler.',
      )
    }
    pause?.()
  }

  resumeReading(): void {
    this.#tap?.resume?.()
  }

  async reconnect({
    timeoutMs,
    ...request
  }: RequestOptions & WaitOptions = {}): Promise<LiveRecording<Schemas>> {
    if (this.#source.onlyOnce !== undefined) throw testingError('not-a-source', this.#source.onlyOnce)
    const { timeoutMs: usual, ...settings } = this.#settings
    return LiveRecording.open(this.#source, {
      ...settings,
      lastEventId: this.#log.lastEventId,
      ...request,
      timeoutMs: timeoutMs ?? usual,
    })
  }

  close(): Promise<void> {
    this.#log.ended('closed')
    this.#closing ??= this.#release()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  toString(): string {
    return describeRecording(this.#source.describe(this.#settings), this.#log)
  }

  async #open(): Promise<void> {
    const { timeoutMs, types, events, signal } = this.#settings
    this.#stopListening = onAbort(signal, () => void this.close())
    using deadline = new Deadline(timeoutMs)
    const opening = this.#source.open({
      request: this.#settings,
      types: types ?? (events === undefined ? [] : [...Object.keys(events.schemas), 'gap']),
      sink: this.#log,
      signal: this.#leaving.signal,
      timeoutMs,
    })
    try {
      const tap = await deadline.race(opening)
      if (tap === 'passed') throw this.#noHead()
      this.#tap = tap
    } catch (error) {
      // An opening that comes too late is closed when it comes, and fails unheard.
      void opening.then((tap) => tap.close()).catch(() => {})
      await this.close()
      throw error
    }
    // The test may have given up, or the first event been refused, while the stream opened.
    if (this.#closing !== undefined) await this.#tap.close()
  }

  #ended(): void {
    this.#stopListening?.()
    // What is not read any more is let go of.
    if (this.#log.end?.reason === 'failed') void this.close()
  }

  async #release(): Promise<void> {
    this.#leaving.abort(new DOMException('The recording was closed.', 'AbortError'))
    await this.#tap?.close()
  }

  #noHead(): Error {
    return withoutOwnFrames(
      testingError(
        'not-in-time',
        `${this.#source.describe(this.#settings)} was not answered within ${this.timeoutMs} ms. A stream begins with its head: send it before the first event, as with response.flushHeaders() in Node.`,
      ),
    )
  }
}
