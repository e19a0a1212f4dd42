import type { Clock } from '@sse/core'
import { delay, retryDelay, within } from '../waiting.ts'
import { type RedisClient, RedisConnection } from './redis-client.ts'
import { comparePositions, entriesByKey, type RawEntry } from './stream-entry.ts'

/** A stream that is followed. */
export interface FollowedStream {
  readonly key: string
  /** From where on it is read; `undefined` until it has been opened. */
  readonly last: string | undefined
  /** Finds out where it is now. Called first, and whenever the connection is new. Rejects while the server cannot be reached. */
  open(connection: RedisConnection): Promise<void>
  /** What follows on `last`. `false`: it does not, so the stream must be opened again. */
  take(entries: readonly RawEntry[]): boolean
  interrupted(error: unknown): void
}

/** How long one `XREAD` waits. Nothing depends on it: it is what shows that a silent connection is alive. */
const BLOCK_MS = 12_000
/** A connection that lets a read wait for this much longer is dead. */
const LATE_MS = 3_000
/** How many entries of each stream are read at once. */
const COUNT = 500

const followers = new WeakMap<RedisClient, StreamFollower>()

/** Follows all streams that a process wants of one server, by one blocking `XREAD` on one connection. */
export class StreamFollower {
  /** The one that all who pass the same client share. */
  static of(client: RedisClient, clock: Clock): StreamFollower {
    const known = followers.get(client)
    if (known !== undefined) return known
    const follower = new StreamFollower(client, clock)
    followers.set(client, follower)
    return follower
  }

  readonly #commands: RedisConnection
  readonly #clock: Clock
  readonly #streams = new Map<string, Set<FollowedStream>>()
  /** Those that must be opened before they are read. */
  readonly #unopened = new Set<FollowedStream>()
  /** Written to when the blocking read must look up: a key of this process alone, because a read cannot be interrupted. */
  readonly #wakeKey = `sse:wake:${crypto.randomUUID()}`
  #wokenAt = '0-0'
  #running = false
  #connection: RedisConnection | undefined

  private constructor(client: RedisClient, clock: Clock) {
    this.#commands = new RedisConnection(client)
    this.#clock = clock
  }

  add(stream: FollowedStream): void {
    const same = this.#streams.get(stream.key) ?? new Set()
    this.#streams.set(stream.key, same.add(stream))
    this.#unopened.add(stream)
    if (this.#running) this.#wake()
    else void this.#run()
  }

  delete(stream: FollowedStream): void {
    this.#unopened.delete(stream)
    const same = this.#streams.get(stream.key)
    same?.delete(stream)
    if (same?.size === 0) this.#streams.delete(stream.key)
    // With the connection, the read that waits on it ends.
    if (this.#streams.size === 0) this.#disconnect()
  }

  async #run(): Promise<void> {
    this.#running = true
    let failures = 0
    while (this.#streams.size > 0) {
      try {
        await this.#round()
        failures = 0
      } catch (error) {
        if (this.#streams.size === 0) break
        for (const stream of this.#all()) {
          this.#unopened.add(stream)
          stream.interrupted(error)
        }
        await delay(this.#clock, retryDelay(failures++))
      }
    }
    this.#disconnect()
    this.#running = false
  }

  async #round(): Promise<void> {
    const connection = this.#connect()
    for (const stream of [...this.#unopened]) {
      // First: it may have to be opened again while it is being opened.
      this.#unopened.delete(stream)
      await this.#answered(stream.open(connection))
    }
    const positions = this.#positions()
    if (positions.length === 0) return
    const keys = positions.map(([key]) => key)
    const ids = positions.map(([, last]) => last)
    const reply = await this.#answered(
      connection.call('XREAD', 'COUNT', String(COUNT), 'BLOCK', String(BLOCK_MS), 'STREAMS', ...keys, ...ids),
    )
    for (const [key, entries] of entriesByKey(reply)) this.#hand(key, entries)
  }

  #hand(key: string, entries: readonly RawEntry[]): void {
    if (key === this.#wakeKey) {
      this.#wokenAt = entries.at(-1)?.[0] ?? this.#wokenAt
      return
    }
    for (const stream of this.#streams.get(key) ?? []) if (!stream.take(entries)) this.#unopened.add(stream)
  }

  /** Where each key is read from: several channels may follow one stream, each at its own place. */
  #positions(): [key: string, last: string][] {
    const positions: [string, string][] = [[this.#wakeKey, this.#wokenAt]]
    for (const [key, streams] of this.#streams) {
      const last = oldest(streams)
      if (last !== undefined) positions.push([key, last])
    }
    return positions
  }

  #answered<T>(answer: Promise<T>): Promise<T> {
    return within(this.#clock, BLOCK_MS + LATE_MS, answer, () => {
      this.#disconnect()
      return new Error(`Redis has not answered for ${BLOCK_MS + LATE_MS} ms.`)
    })
  }

  #connect(): RedisConnection {
    if (this.#connection !== undefined) return this.#connection
    const connection = this.#commands.duplicate()
    let connectedBefore = false
    // A client may reconnect and send a read again without a word. The server may be another one by then.
    connection.watch(
      () => {
        if (connectedBefore) for (const stream of this.#all()) this.#unopened.add(stream)
        if (connectedBefore) this.#wake()
        connectedBefore = true
      },
      (error) => {
        for (const stream of this.#all()) stream.interrupted(error)
      },
    )
    this.#connection = connection
    return connection
  }

  #disconnect(): void {
    this.#connection?.destroy()
    this.#connection = undefined
  }

  /** If it fails, the blocking read ends by itself, only later. */
  #wake(): void {
    const call = (...args: [string, ...string[]]): void => void this.#commands.call(...args).catch(() => {})
    call('XADD', this.#wakeKey, 'MAXLEN', '1', '*', 'w', '')
    call('PEXPIRE', this.#wakeKey, '60000')
  }

  *#all(): Iterable<FollowedStream> {
    for (const streams of this.#streams.values()) yield* streams
  }
}

function oldest(streams: Iterable<FollowedStream>): string | undefined {
  let first: string | undefined
  for (const { last } of streams) {
    if (last !== undefined && (first === undefined || comparePositions(last, first) < 0)) first = last
  }
  return first
}
