import type { RequestHandler } from 'express'

/** Requests of the last seconds, counted in one slot for each second. */
const WINDOW_SECONDS = 10

interface Slot {
  second: number
  requests: number
  errors: number
}

/** Counts requests and how many of them were answered with an error (status 400 and above). */
export class RequestRate {
  readonly #slots: Slot[] = Array.from({ length: WINDOW_SECONDS }, () => ({
    second: -1,
    requests: 0,
    errors: 0,
  }))
  readonly #now: () => number

  /** `now` gives milliseconds on a scale that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  readonly count: RequestHandler = (_request, response, next) => {
    this.#slot().requests++
    response.once('finish', () => {
      if (response.statusCode >= 400) this.#slot().errors++
    })
    next()
  }

  /** Over the window. */
  read(): { readonly requestsPerSecond: number; readonly errorPercent: number } {
    const oldest = this.#second() - WINDOW_SECONDS + 1
    const recent = this.#slots.filter(({ second }) => second >= oldest)
    const requests = recent.reduce((sum, slot) => sum + slot.requests, 0)
    const errors = recent.reduce((sum, slot) => sum + slot.errors, 0)
    return {
      requestsPerSecond: requests / WINDOW_SECONDS,
      errorPercent: requests === 0 ? 0 : Math.min(100, (errors / requests) * 100),
    }
  }

  #second(): number {
    return Math.floor(this.#now() / 1000)
  }

  #slot(): Slot {
    const second = this.#second()
    const slot = this.#slots[second % WINDOW_SECONDS] as Slot
    if (slot.second !== second) Object.assign(slot, { second, requests: 0, errors: 0 })
    return slot
  }
}
