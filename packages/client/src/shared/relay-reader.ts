import type { Gap, GapReason } from '@sse/core'
import type { SupervisedListener } from '../connection/supervised-connection.ts'
import type { RelayLog } from './relay-log.ts'

/**
 * Hands the entries of a log to the listener of one tab, as fast as it takes them. A tab that is slow keeps its place and holds
 * nobody up; what is gone from the log when it comes to it, it is told of by a `gap`.
 */
export class RelayReader {
  readonly #log: RelayLog
  readonly #listener: SupervisedListener
  readonly #onDrained: () => void
  #next = 0
  #eventsRead = 0
  #lastEventId: string
  #gap: GapReason | undefined
  #reading = false
  #waiting: Promise<void> | undefined
  #stopped = false

  /** `onDrained` is called whenever everything was handed out. */
  constructor(log: RelayLog, listener: SupervisedListener, lastEventId: string, onDrained: () => void) {
    this.#log = log
    this.#listener = listener
    this.#lastEventId = lastEventId
    this.#onDrained = onDrained
  }

  /** After which event the tab is. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  get drained(): boolean {
    return this.#next === this.#log.end && this.#gap === undefined
  }

  /** Settles when the listener takes more; `undefined` if it does now. */
  get waiting(): Promise<void> | undefined {
    return this.#waiting
  }

  /** Before anything was read: where it goes on. */
  resumeFrom(lastEventId: string): void {
    this.#lastEventId = lastEventId
  }

  /** The log has begun anew. `gap`: why that is not where it was. */
  restart(gap?: GapReason): void {
    this.#next = this.#log.begin
    this.#eventsRead = 0
    this.#gap = gap
    if (gap === undefined) this.#lastEventId = this.#log.base?.lastEventId ?? this.#lastEventId
  }

  stop(): void {
    this.#stopped = true
  }

  /** Hands out what there is. */
  read(): void {
    if (this.#reading || this.#waiting !== undefined) return
    this.#reading = true
    let moved = false
    while (!this.#stopped && !this.drained) {
      const wait = this.#listener.ready()
      if (wait !== undefined) {
        this.#waitFor(wait)
        break
      }
      moved = true
      this.#handOut()
    }
    this.#reading = false
    if (this.#stopped) return
    if (moved) this.#listener.position(this.#lastEventId)
    if (this.drained) this.#onDrained()
  }

  #waitFor(wait: Promise<void>): void {
    this.#waiting = wait.then(() => {
      this.#waiting = undefined
      this.read()
    })
  }

  #handOut(): void {
    if (this.#gap !== undefined) return this.#tellGap(this.#gap, null)
    if (this.#next < this.#log.begin) {
      const missed = this.#log.eventsDropped - this.#eventsRead
      this.#eventsRead = this.#log.eventsDropped
      this.#next = this.#log.begin
      return this.#tellGap('lagged', missed)
    }
    const entry = this.#log.at(this.#next)
    this.#next++
    if (entry === undefined) return
    this.#lastEventId = entry.lastEventId
    if (entry.event === undefined) return
    this.#eventsRead++
    this.#listener.event(entry.event, entry.id)
  }

  #tellGap(reason: GapReason, missed: number | null): void {
    this.#gap = undefined
    const requestedId = this.#lastEventId || null
    this.#lastEventId = this.#log.base?.lastEventId ?? ''
    const event = gapEvent({ reason, requestedId, resumedAtId: this.#lastEventId, missed })
    this.#listener.event(event, undefined)
  }
}

/** A gap, as a server tells it. */
export function gapEvent(gap: Gap): { type: string; data: string; lastEventId: string } {
  return { type: 'gap', data: JSON.stringify(gap), lastEventId: gap.resumedAtId }
}
