import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { monotonicMicros } from './monotonic-clock.ts'
import { type OutgoingEvent, outgoingEvent } from './outgoing-event.ts'

/** Where events go: a contender. */
export interface Outlet {
  publish(event: OutgoingEvent): void
  /** The turn of the event loop is over, for those who write once for all that was published in it. */
  endTurn?(): void
}

export interface PublishingPlan {
  readonly dataLength: number
  /** Events of each turn of the event loop. */
  readonly burst: number
  /** How many events may have been published that the slowest reader has not reported yet. */
  readonly window: number
  /** Whichever comes first ends it. */
  readonly maxEvents: number
  readonly maxMs: number
}

export interface RatePlan {
  readonly dataLength: number
  readonly perSecond: number
  readonly events: number
}

export interface Published {
  /** Of all runs of this publisher. */
  readonly total: number
  readonly events: number
  readonly startedAt: number
}

/** Publishes to one contender as all are published to. */
export class Publisher {
  readonly #outlet: Outlet
  readonly #makeEvent: typeof outgoingEvent
  #published = 0
  #reported = 0
  #reportArrived: () => void = () => {}

  constructor(outlet: Outlet, makeEvent: typeof outgoingEvent = outgoingEvent) {
    this.#outlet = outlet
    this.#makeEvent = makeEvent
  }

  /** All readers have this many events. */
  report(events: number): void {
    this.#reported = events
    this.#reportArrived()
  }

  /**
   * As fast as the readers report, one burst a turn. The window keeps contenders from winning by piling up what nobody
   * has read, and a contender that waits for slow readers from losing by it: in it nothing is slow. It is small enough
   * to fit into the buffers of a socket, and large enough that nobody waits for a report while there is work to do.
   */
  async publish({ dataLength, burst, window, maxEvents, maxMs }: PublishingPlan): Promise<Published> {
    const startedAt = monotonicMicros()
    const first = this.#published
    while (this.#published - first < maxEvents && monotonicMicros() - startedAt < maxMs * 1e3) {
      if (this.#published + burst - this.#reported > window) {
        await this.#nextReport()
        continue
      }
      for (let n = 0; n < burst; n++) this.#outlet.publish(this.#makeEvent(++this.#published, dataLength))
      this.#outlet.endTurn?.()
      await nextTurn()
    }
    return { total: this.#published, events: this.#published - first, startedAt }
  }

  /**
   * At a rate, whether anybody keeps up or not. An event carries the time at which it was due: one that is published
   * late, because the process was busy with those before it, is late by that too.
   */
  async publishAtRate({ dataLength, perSecond, events }: RatePlan): Promise<Published> {
    const startedAt = monotonicMicros()
    const first = this.#published
    for (let n = 0; n < events; n++) {
      const dueAt = startedAt + Math.round((n * 1e6) / perSecond)
      const early = dueAt - monotonicMicros()
      if (early > 0) await sleep(Math.ceil(early / 1e3))
      this.#outlet.publish(this.#makeEvent(++this.#published, dataLength, dueAt))
      this.#outlet.endTurn?.()
      // Also when it is late: an event of its own turn is what is measured, and the loop has other work to do.
      await nextTurn()
    }
    return { total: this.#published, events: this.#published - first, startedAt }
  }

  async #nextReport(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#reportArrived = resolve
    await promise
  }
}
