import type { Clock } from '@sse/core'

/** A stream that must not stay silent for longer than an interval. */
export interface Pingable {
  /** Since when it has been silent, on the clock's `now()` scale. */
  readonly silentSince: number
  ping(): void
}

/** A ping comes at most this part of its interval late, never early. */
const SLOTS_PER_INTERVAL = 16

/**
 * All streams that share an interval, with one timer for all of them: a timing wheel, so that a stream costs O(1)
 * however many there are.
 *
 * A write does not touch the wheel, which would cost something for each client and event. When the slot of a stream
 * comes up and it wrote meanwhile, it only moves to the slot at which its silence would be an interval long.
 */
class PingWheel {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #slotMs: number
  readonly #slots = new Map<number, Set<Pingable>>()
  readonly #slotOf = new Map<Pingable, number>()
  /** The last slot that was worked off: all streams are in later ones. */
  #done: number
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#slotMs = intervalMs / SLOTS_PER_INTERVAL
    this.#done = this.#slotBefore(clock.now())
  }

  get empty(): boolean {
    return this.#slotOf.size === 0
  }

  add(stream: Pingable): void {
    this.#put(stream, this.#clock.now() + this.#intervalMs)
    if (this.#cancelTimer === undefined) this.#wait()
  }

  delete(stream: Pingable): void {
    const slot = this.#slotOf.get(stream)
    if (slot === undefined) return
    this.#slotOf.delete(stream)
    this.#slots.get(slot)?.delete(stream)
    if (!this.empty) return
    this.#slots.clear()
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #slotBefore(time: number): number {
    return Math.floor(time / this.#slotMs)
  }

  #put(stream: Pingable, due: number): void {
    const slot = Math.max(Math.ceil(due / this.#slotMs), this.#done + 1)
    const streams = this.#slots.get(slot)
    if (streams === undefined) this.#slots.set(slot, new Set([stream]))
    else streams.add(stream)
    this.#slotOf.set(stream, slot)
  }

  #wait(): void {
    const nextAt = (this.#done + 1) * this.#slotMs
    this.#cancelTimer = this.#clock.schedule(
      () => {
        this.#cancelTimer = undefined
        this.#workOff()
        if (!this.empty && this.#cancelTimer === undefined) this.#wait()
      },
      Math.max(nextAt - this.#clock.now(), 1),
    )
  }

  /** Works off all slots whose time has come, several after the event loop was held up. */
  #workOff(): void {
    const now = this.#clock.now()
    for (const last = this.#slotBefore(now); this.#done < last; ) {
      this.#done++
      const streams = this.#slots.get(this.#done)
      if (streams === undefined) continue
      this.#slots.delete(this.#done)
      for (const stream of streams) {
        const silentUntil = stream.silentSince + this.#intervalMs
        if (silentUntil <= now) stream.ping()
        // A ping may find the client gone, and take the stream out.
        if (this.#slotOf.has(stream))
          this.#put(stream, silentUntil <= now ? now + this.#intervalMs : silentUntil)
      }
    }
  }
}

const wheels = new WeakMap<Clock, Map<number, PingWheel>>()

/** Pings `stream` whenever it was silent for `intervalMs`, until {@link cancelPings}. */
export function schedulePings(stream: Pingable, clock: Clock, intervalMs: number): void {
  const byInterval = wheels.get(clock) ?? new Map<number, PingWheel>()
  wheels.set(clock, byInterval)
  const wheel = byInterval.get(intervalMs) ?? new PingWheel(clock, intervalMs)
  byInterval.set(intervalMs, wheel)
  wheel.add(stream)
}

/** With the same clock and interval; harmless for a stream that is not scheduled. */
export function cancelPings(stream: Pingable, clock: Clock, intervalMs: number): void {
  const byInterval = wheels.get(clock)
  const wheel = byInterval?.get(intervalMs)
  wheel?.delete(stream)
  if (wheel?.empty) byInterval?.delete(intervalMs)
}
