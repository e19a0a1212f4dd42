import type { FetchExchange } from '@sse/testing'

const PING_INTERVAL_MS = 1_000

/** What becomes of a connection, and after how many bytes. */
export type Fate = {
  readonly kind: 'end' | 'break' | 'freeze' | 'none'
  readonly afterBytes: number
}

interface ServedConnection {
  readonly exchange: FetchExchange
  readonly fate: Fate
  sentBytes: number
  silentSince: number
  /** Cut, or frozen. */
  over: boolean
}

/** What a reader is told when it comes back: nothing, or that it missed so many. */
interface Resumption {
  readonly from: number
  readonly gap?: object
}

/**
 * A server as PROTOCOL.md has it, with a log of numbered events, a retention and lives, of which nothing is shared with
 * `@sse/server`. It speaks to a scripted `fetch`, and breaks off as it is told.
 */
export class ModelServer {
  readonly #random: () => number
  readonly #now: () => number
  /** Whether it begins with the event that was read last, as some do. */
  readonly #repeatsLast: boolean
  readonly #connections = new Set<ServedConnection>()
  #life = 1
  /** How many events there were in this life, and the first that is retained. */
  #published = 0
  #first = 1
  /** What follows each answer; set by the schedule. */
  fate: () => Fate = () => ({ kind: 'none', afterBytes: 0 })

  constructor({
    random,
    now,
    repeatsLast,
  }: {
    random: () => number
    now: () => number
    repeatsLast: boolean
  }) {
    this.#random = random
    this.#now = now
    this.#repeatsLast = repeatsLast
  }

  get position(): string {
    return `${this.#epoch}-${this.#published}`
  }

  get #epoch(): string {
    return `epoch${String(this.#life).padStart(3, '0')}`
  }

  publish(): void {
    this.#published++
    for (const connection of this.#connections) this.#write(connection, this.#event(this.#published))
  }

  /** Drops all but the last few events. */
  evict(keep: number): void {
    this.#first = Math.max(this.#first, this.#published - keep + 1)
  }

  restart(): void {
    this.breakOffAll()
    this.#life++
    this.#published = 0
    this.#first = 1
  }

  breakOffAll(): void {
    for (const { exchange, over } of this.#connections) if (!over) exchange.cut()
    this.#connections.clear()
  }

  /** Pings those that were silent for long. */
  tick(): void {
    for (const connection of this.#connections) {
      const { exchange, silentSince } = connection
      if (exchange.aborted || exchange.released) this.#connections.delete(connection)
      else if (this.#now() - silentSince >= PING_INTERVAL_MS) this.#write(connection, ': ping\n\n')
    }
  }

  answer(exchange: FetchExchange): void {
    const connection: ServedConnection = {
      exchange,
      fate: this.fate(),
      sentBytes: 0,
      silentSince: this.#now(),
      over: false,
    }
    exchange.respond()
    this.#connections.add(connection)
    const asked = exchange.lastEventId
    const { from, gap } = this.#resume(asked)
    const id = `${this.#epoch}-${from}`
    this.#write(connection, `: open ping-interval-ms=${PING_INTERVAL_MS}\n\n`)
    // The position comes with the gap, and not before it: whoever has read the one knows of the other.
    const told =
      gap && `event: gap\ndata: ${JSON.stringify({ ...gap, requestedId: asked, resumedAtId: id })}\n`
    this.#write(connection, `id: ${id}\n${told ?? ''}\n`)
    const again = this.#repeatsLast && asked === id && from >= this.#first ? 1 : 0
    for (let n = from + 1 - again; n <= this.#published; n++) this.#write(connection, this.#event(n))
  }

  #resume(asked: string | null): Resumption {
    if (asked === null) return { from: this.#published }
    const [epoch, offset] = asked.split('-')
    if (epoch !== this.#epoch) return { from: this.#first - 1, gap: { reason: 'restarted', missed: null } }
    const from = Number(offset)
    if (from < this.#first - 1) {
      return { from: this.#first - 1, gap: { reason: 'evicted', missed: this.#first - 1 - from } }
    }
    return { from }
  }

  #event(n: number): string {
    return `id: ${this.#epoch}-${n}\ndata: ${this.#epoch} ${n} ${'é'.repeat(n % 4)}\n\n`
  }

  /** In pieces, as a network would. */
  #write(connection: ServedConnection, text: string): void {
    if (connection.over) return
    connection.silentSince = this.#now()
    let bytes: Uint8Array = new TextEncoder().encode(text)
    const { fate, exchange } = connection
    if (fate.kind !== 'none' && connection.sentBytes + bytes.length > fate.afterBytes) {
      bytes = bytes.subarray(0, fate.afterBytes - connection.sentBytes)
      connection.over = true
    }
    connection.sentBytes += bytes.length
    while (bytes.length > 0) {
      const size = this.#random() < 0.7 ? bytes.length : 1 + Math.floor(this.#random() * bytes.length)
      exchange.send(bytes.slice(0, size))
      bytes = bytes.subarray(size)
    }
    if (!connection.over) return
    if (fate.kind === 'end') exchange.end()
    if (fate.kind === 'break') exchange.cut()
  }
}
