import { type Clock, systemClock } from '@sse/core'
import { createEpoch } from '../../channel/event-id.ts'
import { checkBound, checkDuration, serverError } from '../../errors.ts'
import type {
  Broker,
  BrokerEvent,
  BrokerFollower,
  BrokerPage,
  BrokerPlace,
  BrokerReading,
} from '../broker.ts'
import { brokerRefused, brokerUnavailable, publishUnknown } from '../errors.ts'
import { delay, LONGEST_PAUSE_MS, retryDelay, Turns, within } from '../waiting.ts'
import { passes, type RedisClient, RedisConnection, refusalOf } from './redis-client.ts'
import { PUBLISH, READ, READ_END } from './scripts.ts'
import { comparePositions, parseEntry, type RawEntry, type StreamEntry } from './stream-entry.ts'
import { type FollowedStream, StreamFollower } from './stream-follower.ts'

export interface RedisBrokerOptions {
  /** The key of the stream. What else is kept beside it has keys that begin with it, in the same slot of a cluster. */
  readonly key: string
  /** How many events the stream retains, at least: whole nodes of it are dropped, as with `MAXLEN ~`. Default 100,000. */
  readonly maxLength?: number | undefined
  /** How long events are retained, at least; looked at when something is published. Default: no bound. */
  readonly maxAgeMs?: number | undefined
  /** How long `publish` waits for the server, trying again, before it rejects. Default 5,000 ms. */
  readonly publishTimeoutMs?: number | undefined
  /** How long a `dedupeKey` is remembered. Default 120,000 ms (2 minutes). */
  readonly dedupeMs?: number | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
}

/**
 * A log in a Redis Stream, for `new Channel(events, { broker })`. Redis 6.2 or newer, or what speaks its protocol with streams and scripts.
 *
 * `client` is yours, of `redis` or `ioredis`: its connection publishes and reads. One more, made by its `duplicate()`, follows all streams of this
 * client. An acknowledged event is as safe as the server keeps it: `appendonly yes`, `appendfsync always`.
 *
 * @throws SseError `invalid-option`
 */
export function redisBroker(client: RedisClient, options: RedisBrokerOptions): Broker {
  return new RedisBroker(client, options)
}

/** A server that has not answered a read by then is asked again. */
const READ_TIMEOUT_MS = 5_000

const POSITION = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,18})$/

class RedisBroker implements Broker {
  readonly #client: RedisClient
  readonly #commands: RedisConnection
  readonly #clock: Clock
  readonly #publishTimeoutMs: number
  readonly #bounds: readonly [maxLength: string, maxAgeMs: string, dedupeMs: string]
  readonly #keys: { readonly stream: string; readonly life: string; readonly beside: string }
  readonly #publisher = crypto.randomUUID()
  #published = 0
  readonly #turns = new Turns()
  /** The latest position that is known here: what is published from now on comes after it. */
  #latest = '0-0'

  constructor(client: RedisClient, options: RedisBrokerOptions) {
    const { key, maxLength = 100_000, maxAgeMs = 0, publishTimeoutMs = 5_000, dedupeMs = 120_000 } = options
    if (typeof key !== 'string' || key === '')
      throw serverError('invalid-option', 'key must name the stream: a string that is not empty.', {
        field: 'key',
      })
    const largest = checkBound('maxLength', maxLength)
    this.#client = client
    this.#commands = new RedisConnection(client)
    this.#clock = options.clock ?? systemClock
    this.#publishTimeoutMs = checkDuration('publishTimeoutMs', publishTimeoutMs)
    this.#bounds = [
      String(Math.min(largest, Number.MAX_SAFE_INTEGER)),
      String(Math.ceil(checkDuration('maxAgeMs', maxAgeMs))),
      String(Math.max(1, Math.ceil(checkDuration('dedupeMs', dedupeMs)))),
    ]
    // One slot for all: what stands in braces decides, here the whole key if it has none.
    const beside = /\{[^}]+\}/.test(key) ? key : `{${key}}`
    this.#keys = { stream: key, life: `${beside}:life`, beside }
  }

  async publish({ payload, dedupeKey }: BrokerEvent): Promise<BrokerPlace> {
    const number = String(++this.#published)
    const [maxLength, maxAgeMs, dedupeMs] = this.#bounds
    const { stream, life, beside } = this.#keys
    const keys = [stream, life, `${beside}:publisher:${this.#publisher}`]
    if (dedupeKey !== undefined) keys.push(`${beside}:dedupe:${dedupeKey}`)
    const token = `${this.#publisher}:${number}`
    const args = [createEpoch(), number, token, this.#latest, maxLength, maxAgeMs, dedupeMs, payload]
    const [epoch, position] = (await this.#persist((timeoutMs) =>
      within(
        this.#clock,
        timeoutMs,
        this.#commands.script(PUBLISH, keys, args),
        () => new Error('No answer in time.'),
      ),
    )) as [string, string?]
    if (position === undefined) throw publishUnknown(this.#publishTimeoutMs)
    this.#reached(position)
    return { epoch, position }
  }

  /** Tries until it succeeds, the server refuses, or the time is up. Each try may have been done on the server. */
  async #persist(attempt: (timeoutMs: number) => Promise<unknown>): Promise<unknown> {
    const timeoutMs = this.#publishTimeoutMs
    const deadline = this.#clock.now() + timeoutMs
    const begun = await this.#turns.take()
    let mayBeDone = false
    let failure: unknown
    for (let tries = 0; ; tries++) {
      const left = deadline - this.#clock.now()
      if (this.#commands.ready) {
        try {
          const answer = attempt(Math.max(left, 1))
          begun()
          return await answer
        } catch (error) {
          failure = error
          const refusal = refusalOf(error)
          if (refusal === undefined) mayBeDone = true
          else if (!passes(refusal)) throw mayBeDone ? publishUnknown(timeoutMs, error) : brokerRefused(error)
        }
      }
      const waitMs = Math.min(retryDelay(tries), LONGEST_PAUSE_MS, deadline - this.#clock.now())
      if (waitMs <= 0) break
      await delay(this.#clock, waitMs)
    }
    begun()
    throw mayBeDone ? publishUnknown(timeoutMs, failure) : brokerUnavailable(timeoutMs, failure)
  }

  async read(after: string | undefined, limit: number): Promise<BrokerReading> {
    const [epoch, last, entries] = await this.#readFrom(after === undefined ? '-' : `(${after}`, limit)
    const [first] = entries
    // Not there is what came before the oldest that is. A position in between was never given, or lost with a server: what comes next, comes next.
    if (after === undefined) return { epoch, before: first?.after ?? last, records: entries }
    if (first === undefined && after === last) return { epoch, before: after, records: [] }
    if (first !== undefined && comparePositions(first.after, after) <= 0)
      return { epoch, before: after, records: entries }
    const lost = comparePositions(after, last) > 0 ? 'unknown-id' : 'evicted'
    if (lost === 'evicted') return { epoch, before: first?.after ?? last, records: entries, lost }
    return { ...(await this.read(undefined, limit)), lost }
  }

  isPosition(text: string): boolean {
    return POSITION.test(text)
  }

  follow(follower: BrokerFollower, backlog: number): () => void {
    const streams = StreamFollower.of(this.#client, this.#clock)
    const stream = new Following(this.#keys.stream, follower, {
      end: (connection) => this.#readEnd(connection, backlog),
      reached: (position) => this.#reached(position),
    })
    streams.add(stream)
    return () => {
      stream.stop()
      streams.delete(stream)
    }
  }

  async #readEnd(connection: RedisConnection, backlog: number): Promise<BrokerPage & { last: string }> {
    const [epoch, last, newestFirst] = await this.#readFrom('', Math.max(backlog, 1), READ_END, connection)
    const records = newestFirst.toReversed().slice(backlog === 0 ? 1 : 0)
    return { epoch, before: records[0]?.after ?? last, records, last }
  }

  async #readFrom(
    from: string,
    limit: number,
    script: string = READ,
    connection: RedisConnection = this.#commands,
  ): Promise<[epoch: string, last: string, entries: StreamEntry[]]> {
    const { stream, life } = this.#keys
    const answer = connection.script(script, [stream, life], [createEpoch(), from, String(limit)])
    const late = (): Error => new Error(`Redis has not answered for ${READ_TIMEOUT_MS} ms.`)
    const [epoch, last, entries] = (await within(this.#clock, READ_TIMEOUT_MS, answer, late)) as [
      string,
      string,
      RawEntry[],
    ]
    return [epoch, last, entries.map(parseEntry)]
  }

  #reached(position: string): void {
    if (comparePositions(position, this.#latest) > 0) this.#latest = position
  }
}

interface FollowedLog {
  end(connection: RedisConnection): Promise<BrokerPage & { last: string }>
  reached(position: string): void
}

/** One log's part in what a {@link StreamFollower} reads. */
class Following implements FollowedStream {
  readonly key: string
  readonly #follower: BrokerFollower
  readonly #log: FollowedLog
  #epoch: string | undefined
  #last: string | undefined
  #interrupted = false
  #stopped = false

  constructor(key: string, follower: BrokerFollower, log: FollowedLog) {
    this.key = key
    this.#follower = follower
    this.#log = log
  }

  get last(): string | undefined {
    return this.#last
  }

  stop(): void {
    this.#stopped = true
  }

  async open(connection: RedisConnection): Promise<void> {
    const page = await this.#log.end(connection)
    if (this.#stopped) return
    const known = this.#last
    // What was read goes on in what is there now: the connection was new, and nothing else.
    const goesOn =
      known !== undefined && page.epoch === this.#epoch && comparePositions(page.before, known) <= 0
    if (goesOn) {
      if (this.#interrupted) this.#follower.recovered()
      this.#append(page.records.filter(({ position }) => comparePositions(position, known) > 0))
    } else {
      this.#epoch = page.epoch
      this.#moveTo(page.last)
      this.#follower.begin(page)
    }
    this.#interrupted = false
  }

  take(entries: readonly RawEntry[]): boolean {
    for (const entry of entries.map(parseEntry)) {
      if (this.#stopped || this.#last === undefined) return true
      if (comparePositions(entry.position, this.#last) <= 0) continue
      // Of another life, or behind others that were dropped before they were read. It may come after less than what was read: a server that was
      // promoted does not know all that its predecessor did.
      if (entry.epoch !== this.#epoch || comparePositions(entry.after, this.#last) > 0) return false
      this.#append([entry])
    }
    return true
  }

  interrupted(error: unknown): void {
    if (this.#stopped || this.#interrupted) return
    this.#interrupted = true
    this.#follower.interrupted(error)
  }

  #append(records: BrokerPage['records']): void {
    const last = records.at(-1)
    if (last === undefined) return
    this.#moveTo(last.position)
    this.#follower.append(records)
  }

  #moveTo(position: string): void {
    this.#last = position
    this.#log.reached(position)
  }
}
