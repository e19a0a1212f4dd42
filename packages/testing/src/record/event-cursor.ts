import type { EventSchemas } from '@sse/core'
import { testingError } from '../errors.ts'
import { withoutOwnFrames } from '../own-frames.ts'
import { describeContent } from './describe-entries.ts'
import { describePattern, type EventPattern, matchesPattern } from './event-pattern.ts'
import { Deadline } from './real-time.ts'
import { checkCount, checkDuration, checkTimeout, type RecordSettings } from './record-options.ts'
import type { AnyRecordedEvent, RecordedEnd, RecordedEventOf } from './recorded-event.ts'
import type { RecordedLog } from './recorded-log.ts'
import type { WaitForOptions, WaitOptions } from './recording.ts'

/** What is recorded, as far as who waits for it must know. */
interface Recorded {
  /** Asked for, because some sources do not tell of it. */
  readonly end: RecordedEnd | undefined
  /** What came until now, for whoever waited in vain. */
  toString(): string
}

/**
 * Where a test is in what was recorded, and how it waits for more. Every wait ends: by what it waits for, by the end of the
 * stream, or by its time limit, and then with all that came instead.
 */
export class EventCursor<Schemas extends EventSchemas> {
  readonly #log: RecordedLog<Schemas>
  readonly #settings: Pick<RecordSettings<Schemas>, 'clock' | 'timeoutMs'>
  readonly #recorded: Recorded
  /** How many of the events were awaited, or passed over by what awaited a later one. */
  #cursor = 0

  constructor(
    log: RecordedLog<Schemas>,
    settings: Pick<RecordSettings<Schemas>, 'clock' | 'timeoutMs'>,
    recorded: Recorded,
  ) {
    this.#log = log
    this.#settings = settings
    this.#recorded = recorded
  }

  /** The next `count` events of a type, or of any. */
  async take(type: string | undefined, count: number, options?: WaitOptions): Promise<AnyRecordedEvent[]> {
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

  async quiet(ms: number, { timeoutMs = this.#settings.timeoutMs }: WaitOptions = {}): Promise<void> {
    checkDuration('ms', ms)
    const { clock } = this.#settings
    const began = clock.now()
    let passed = false
    const cancel = clock.schedule(
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
        if (passed || this.#recorded.end !== undefined) return
        if (deadline.passed) throw this.#failure(standingStill(ms, clock.now() - began))
        await deadline.race(this.#log.change)
      }
    } finally {
      cancel()
    }
  }

  async waitFor<T>(look: () => T | undefined, options: WaitForOptions = {}): Promise<T> {
    const { timeoutMs = this.#settings.timeoutMs, awaited = 'what it looks for' } = options
    checkTimeout(timeoutMs)
    const what = (): string => (typeof awaited === 'function' ? awaited() : awaited)
    using deadline = new Deadline(timeoutMs)
    for (;;) {
      // Asked before the look: what came with the end is seen.
      const ended = this.#recorded.end !== undefined
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

  /** Moves the cursor, and gives what it passed. */
  #moveTo(cursor: number): AnyRecordedEvent[] {
    const passed = this.#log.events.slice(this.#cursor, cursor)
    this.#cursor = cursor
    return passed
  }

  #failure(problem: string): Error {
    const { error } = this.#log.end ?? {}
    return withoutOwnFrames(
      testingError(
        'not-in-time',
        `${problem}\n\n${this.#recorded}`,
        error === undefined ? {} : { cause: error },
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
