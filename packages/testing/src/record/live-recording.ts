import { type Clock, type EventSchemas, onAbort } from '@sse/core'
import { testingError } from '../errors.ts'
import { withoutOwnFrames } from '../own-frames.ts'
import { describeContent } from './describe-entries.ts'
import { describeRecording } from './describe-recording.ts'
import { describePattern, type EventPattern, matchesPattern } from './event-pattern.ts'
import { Deadline } from './real-time.ts'
import {
  checkCount,
  checkDuration,
  checkTimeout,
  type RecordSettings,
  type RequestOptions,
} from './record-options.ts'
import type {
  AnyRecordedEvent,
  RecordedComment,
  RecordedEnd,
  RecordedEntry,
  RecordedEventOf,
} from './recorded-event.ts'
import { RecordedLog } from './recorded-log.ts'
import type { RecordedResponse, Recording, WaitForOptions, WaitOptions } from './recording.ts'
import type { StreamSource, StreamTap } from './stream-source.ts'

export class LiveRecording<Schemas extends EventSchemas> implements Recording<Schemas> {
  readonly #source: StreamSource
  readonly #settings: RecordSettings<Schemas>
  readonly #log: RecordedLog<Schemas>
  /** How many of the events were awaited, or passed over by what awaited a later one. */
  #cursor = 0
  #tap: StreamTap | undefined
  #closing: Promise<void> | undefined
  readonly #leaving = new AbortController()
  #stopListening: (() => void) | undefined

  private constructor(source: StreamSource, settings: RecordSettings<Schemas>) {
    this.#source = source
    this.#settings = settings
    this.#log = new RecordedLog(settings, () => this.#ended())
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
    if (typeof first !== 'number') return (await this.#take(undefined, 1, first))[0]
    return this.#take(undefined, first, second)
  }

  take(type: string, options?: WaitOptions): Promise<never>
  take(type: string, count: number, options?: WaitOptions): Promise<never[]>
  async take(type: string, ...[first, second]: [(number | WaitOptions)?, WaitOptions?]): Promise<unknown> {
    if (typeof first !== 'number') return (await this.#take(type, 1, first))[0]
    return this.#take(type, first, second)
  }

  async until(
    last: EventPattern<Schemas> | ((event: RecordedEventOf<Schemas>) => boolean),
    options?: WaitOptions,
  ): Promise<RecordedEventOf<Schemas>[]> {
    const { matches, awaited } = lastOne(last as EventPattern | ((event: unknown) => boolean))
    let seen = this.#cursor
    return this.waitFor(
      () => {
        // What others have taken meanwhile is not ours any more.
        for (seen = Math.max(seen, this.#cursor); seen < this.#log.events.length; seen++) {
          if (matches(this.#log.events[seen] as AnyRecordedEvent))
            return this.#moveTo(seen + 1) as unknown as RecordedEventOf<Schemas>[]
        }
        return undefined
      },
      { awaited, ...options },
    )
  }

  async quiet(ms: number, { timeoutMs = this.timeoutMs }: WaitOptions = {}): Promise<void> {
    checkDuration('ms', ms)
    const began = this.clock.now()
    let passed = false
    const cancel = this.clock.schedule(
      () => {
        passed = true
        this.#log.changed()
      },
      ms,
      true,
    )
    using deadline = new Deadline(ms + timeoutMs)
    try {
      for (;;) {
        const event = this.#log.events[this.#cursor]
        if (event !== undefined)
          throw this.#failure(
            `Expected no event for ${ms} ms, but there was one: ${event.type}  ${describeContent(event)}`,
          )
        if (passed || this.end !== undefined) return
        if (deadline.passed) throw this.#failure(standingStill(ms, this.clock.now() - began))
        await deadline.race(this.#log.change)
      }
    } finally {
      cancel()
    }
  }

  ended(options?: WaitOptions): Promise<RecordedEnd> {
    return this.waitFor(() => this.#log.end, { awaited: 'the end of the stream', ...options })
  }

  async waitFor<T>(look: () => T | undefined, options: WaitForOptions = {}): Promise<T> {
    const { timeoutMs = this.timeoutMs, awaited = 'what it looks for' } = options
    checkTimeout(timeoutMs)
    const what = (): string => (typeof awaited === 'function' ? awaited() : awaited)
    using deadline = new Deadline(timeoutMs)
    for (;;) {
      // Asked before the look: what came with the end is seen.
      const ended = this.end !== undefined
      const found = look()
      if (found !== undefined) return found
      if (ended) throw this.#failure(`The stream ended while the test waited for ${what()}.`)
      if (deadline.passed) throw this.#failure(`Waited ${timeoutMs} ms in vain for ${what()}.`)
      await deadline.race(this.#log.change)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordedEventOf<Schemas>, void, undefined> {
    for (;;) {
      const [event] = await this.waitFor(
        () => {
          const next = this.#moveTo(Math.min(this.#cursor + 1, this.#log.events.length))
          const over = this.#log.end?.reason === 'complete' || this.#log.end?.reason === 'closed'
          return next.length > 0 || over ? next : undefined
        },
        { awaited: 'the next event' },
      )
      if (event === undefined) return
      yield event as unknown as RecordedEventOf<Schemas>
    }
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

  async #take(type: string | undefined, count: number, options?: WaitOptions): Promise<AnyRecordedEvent[]> {
    checkCount(count)
    let came = 0
    const what = type === undefined ? '' : ` of type ${JSON.stringify(type)}`
    return this.waitFor(
      () => {
        const found: AnyRecordedEvent[] = []
        for (let at = this.#cursor; at < this.#log.events.length; at++) {
          const event = this.#log.events[at] as AnyRecordedEvent
          if (type === undefined || event.type === type) found.push(event)
          if (found.length < count) continue
          this.#moveTo(at + 1)
          return found
        }
        came = found.length
        return undefined
      },
      {
        awaited: () =>
          count === 1 ? `the next event${what}` : `the next ${count} events${what}, of which ${came} came`,
        ...options,
      },
    )
  }

  /** Moves the cursor, and gives what it passed. */
  #moveTo(cursor: number): AnyRecordedEvent[] {
    const passed = this.#log.events.slice(this.#cursor, cursor)
    this.#cursor = cursor
    return passed
  }

  #failure(problem: string): Error {
    const { error } = this.#log.end ?? {}
    return withoutOwnFrames(
      testingError('not-in-time', `${problem}\n\n${this}`, error === undefined ? {} : { cause: error }),
    )
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

/** What `until` looks for, and how that is said. */
function lastOne(last: EventPattern | ((event: unknown) => boolean)): {
  readonly matches: (event: AnyRecordedEvent) => boolean
  readonly awaited: string
} {
  return typeof last === 'function'
    ? { matches: last, awaited: `an event for which ${last.name || 'the predicate'} holds` }
    : { matches: (event) => matchesPattern(event, last), awaited: `an event with ${describePattern(last)}` }
}

function standingStill(ms: number, passedMs: number): string {
  return `Expected no event for ${ms} ms, but only ${passedMs} of them have passed. The clock of this recording does not go by itself: move it while you await quiet(), as with clock.advanceAsync(${ms}).`
}
