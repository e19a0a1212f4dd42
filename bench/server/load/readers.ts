import { monotonicMicros } from '../monotonic-clock.ts'
import { Latencies, type Percentiles } from './latencies.ts'
import { StreamConnection } from './stream-connection.ts'

/** No more connections than these are opened at once: nobody is to be refused. */
const OPENING_AT_ONCE = 128
/** Whoever gets nothing for as long as this will not get it any more. */
const PATIENCE_MS = 30_000

export interface ReadersPlan {
  readonly port: number
  readonly clients: number
  /** How many of them stop reading when they are connected. Nobody waits for those. */
  readonly stalled: number
  /** Told whenever all have read this many events more. */
  readonly reportEvery: number
}

/** What readers tell without being asked. */
export type Notice = { readonly received: number } | { readonly fault: string }

export interface Receipt {
  /** When the last event of all came in. */
  readonly finishedAt: number
}

interface Awaited {
  readonly events: number
  readonly receipt: PromiseWithResolvers<Receipt>
  /** How many readers have not got that many. */
  missing: number
}

/** The clients of one server: they count and check what they get. */
export class Readers {
  readonly #notify: (notice: Notice) => void
  readonly #latencies = new Latencies()
  readonly #connections: StreamConnection[] = []
  #readers = 0
  #reportEvery = Number.POSITIVE_INFINITY
  /** How many readers have passed each mark that not all of them have passed. */
  readonly #passed = new Map<number, number>()
  #readAt = 0
  #lastEventAt = 0
  #fault: string | undefined
  #awaited: Awaited | undefined

  constructor(notify: (notice: Notice) => void) {
    this.#notify = notify
  }

  /** Settles when all have been answered. */
  async connect({ port, clients, stalled, reportEvery }: ReadersPlan): Promise<void> {
    this.#readers = clients - stalled
    this.#reportEvery = reportEvery
    const handlers = {
      onEvent: (publishedAt: number) => this.#latencies.record(this.#readAt - publishedAt),
      onBytes: this.#read.bind(this),
      onLost: (_: StreamConnection, reason: string) => this.#fail(`A connection was lost: ${reason}.`),
    }
    while (this.#connections.length < clients) {
      const count = Math.min(OPENING_AT_ONCE, clients - this.#connections.length)
      const opening = Array.from({ length: count }, () => new StreamConnection(port, handlers))
      this.#connections.push(...opening)
      await Promise.all(opening.map(({ opened }) => opened))
    }
    for (const connection of this.#connections.slice(this.#readers)) connection.stall()
  }

  /** Settles when each reader has got this many events since it connected. Rejects if anybody gets anything else. */
  async receive(events: number): Promise<Receipt> {
    const reading = this.#connections.slice(0, this.#readers)
    const missing = reading.filter(({ reader }) => reader.events < events).length
    const receipt = Promise.withResolvers<Receipt>()
    this.#awaited = { events, receipt, missing }
    if (this.#fault !== undefined) receipt.reject(new Error(this.#fault))
    else if (missing === 0) receipt.resolve({ finishedAt: this.#lastEventAt })
    const timer = setTimeout(() => {
      const least = Math.min(...reading.map(({ reader }) => reader.events))
      this.#fail(
        `${this.#awaited?.missing} of ${this.#readers} clients miss events: one has ${least} of ${events}.`,
      )
    }, PATIENCE_MS)
    try {
      return await receipt.promise
    } finally {
      clearTimeout(timer)
      this.#awaited = undefined
    }
  }

  clearLatencies(): void {
    this.#latencies.clear()
  }

  latencies(): Percentiles {
    return this.#latencies.read()
  }

  cpuMicros(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  }

  leave(): void {
    for (const connection of this.#connections) connection.leave()
    this.#connections.length = 0
  }

  #read({ reader }: StreamConnection, bytes: Uint8Array, length: number): void {
    this.#readAt = monotonicMicros()
    const before = reader.events
    reader.read(bytes, length)
    if (reader.fault !== undefined) return this.#fail(`A client ${reader.fault}.`)
    const { events } = reader
    if (events === before) return
    this.#lastEventAt = this.#readAt
    for (let mark = nextMark(before, this.#reportEvery); mark <= events; mark += this.#reportEvery)
      this.#pass(mark)
    if (this.#awaited !== undefined) this.#checkAwaited(this.#awaited, before, events)
  }

  #pass(mark: number): void {
    const passed = (this.#passed.get(mark) ?? 0) + 1
    this.#passed.set(mark, passed)
    if (passed < this.#readers) return
    this.#passed.delete(mark)
    this.#notify({ received: mark })
  }

  #checkAwaited(awaited: Awaited, before: number, events: number): void {
    if (events > awaited.events) return this.#fail(`A client got ${events} events of ${awaited.events}.`)
    if (before < awaited.events && events === awaited.events && --awaited.missing === 0) {
      awaited.receipt.resolve({ finishedAt: this.#lastEventAt })
    }
  }

  #fail(fault: string): void {
    if (this.#fault !== undefined) return
    this.#fault = fault
    this.#awaited?.receipt.reject(new Error(fault))
    this.#notify({ fault })
  }
}

/** The first multiple of `every` that is more than `events`. */
function nextMark(events: number, every: number): number {
  return (Math.floor(events / every) + 1) * every
}
