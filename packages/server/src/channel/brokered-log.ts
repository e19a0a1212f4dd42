import { type Clock, encodeFrame, warn } from '@sse/core'
import type { Broker, BrokerFollower, BrokerPage, BrokerReading, BrokerRecord } from '../broker/broker.ts'
import { decodePayload, encodePayload, type StoredEvent, toServerSentEvent } from '../broker/payload.ts'
import { serverError } from '../errors.ts'
import type { Log } from './log.ts'
import type { Elsewhere, Place, Positions, Step } from './positions.ts'
import type { Resumption } from './resume.ts'
import type { SelectableEntry } from './selection.ts'

/** What a channel does about its log. */
export interface BrokeredLogOwner {
  /** The events that the log had are void: tell who reads it to look elsewhere. Called before they are dropped. */
  logVoid(): void
  /** Something was appended. */
  logAppended(now: number): void
  brokerState(state: 'following' | 'interrupted', error?: unknown): void
}

/** How many events a reader is given at a time that the log does not have. */
const PAGE = 100
/** How many pages one channel asks for at the same time, however many readers come back at once. */
const MAX_READS = 8
/** A broker that fails to read is asked again after this, and then less and less often. */
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 3_000

/** With how many events a log is filled at most: what is older is read when somebody asks for it. */
const LARGEST_BACKLOG = 10_000

/** `<epoch>-<position>` */
const ID = /^([0-9a-z]{8})-(.{1,64})$/

/**
 * Keeps a channel's log the copy of the end of a broker's: filled when the channel is made, then one event after the other. What readers
 * ask for that is older, or that has not come here yet, is read from the broker, until the log has what comes next.
 *
 * Ids are `<epoch>-<position>`, both of them the broker's, so that each process finds what any other has told.
 */
export class BrokeredLog implements Positions, Elsewhere, BrokerFollower {
  readonly elsewhere: Elsewhere = this
  readonly #broker: Broker
  readonly #log: Log
  readonly #owner: BrokeredLogOwner
  readonly #clock: Clock
  readonly #stopFollowing: () => void
  #epoch: string | undefined
  /** The id of the place before the oldest event of the log. */
  #base = ''
  #closed = false
  /** Whether the broker cannot be followed; that it cannot be read is told as well. */
  #interrupted = false
  /** Who waits for the log to move: to be filled, to have more, to begin anew. */
  #waiting = new Set<() => void>()
  /** Pages on their way: readers at one place share one. */
  readonly #reads = new Map<string, Promise<BrokerReading>>()
  readonly #queue: (() => void)[] = []

  constructor(broker: Broker, log: Log, owner: BrokeredLogOwner, clock: Clock) {
    this.#broker = broker
    this.#log = log
    this.#owner = owner
    this.#clock = clock
    this.#stopFollowing = broker.follow(this, Math.min(log.capacity, LARGEST_BACKLOG))
  }

  get ready(): boolean {
    return this.#epoch !== undefined
  }

  /** Settles when the log is filled, or will never be, or nobody waits for it any more. */
  async whenReady(left?: AbortSignal): Promise<void> {
    while (!this.ready && !this.#closed && !left?.aborted) await this.#moved(left)
  }

  /** Settles with the id of the event. */
  async publish(event: StoredEvent, dedupeKey: string | undefined): Promise<string> {
    const { epoch, position } = await this.#broker.publish({ payload: encodePayload(event), dedupeKey })
    return `${epoch}-${position}`
  }

  close(): void {
    this.#closed = true
    this.#stopFollowing()
    this.#wake()
  }

  begin({ epoch, before, records }: BrokerPage): void {
    if (this.#closed) return
    this.#owner.logVoid()
    this.#log.void()
    this.#epoch = epoch
    this.#base = `${epoch}-${before}`
    this.append(records)
    // Also without records: whoever reads must learn that the log is another.
    this.#owner.logAppended(this.#clock.now())
    this.#interrupted = false
    this.#owner.brokerState('following')
  }

  append(records: readonly BrokerRecord[]): void {
    if (this.#closed) return
    const now = this.#clock.now()
    const wallTime = this.#clock.wallTime()
    for (const record of records) {
      const entry = this.#entryOf(`${this.#epoch}-${record.position}`, record)
      // As old as it is in the broker, by whatever clock that goes.
      const appendedAt = now - Math.max(0, wallTime - record.publishedAt)
      if (entry !== undefined) this.#log.append(entry.frame, entry.id, appendedAt, entry)
      this.#owner.logAppended(now)
    }
    this.#wake()
  }

  interrupted(error: unknown): void {
    if (this.#closed) return
    this.#interrupted = true
    this.#owner.brokerState('interrupted', error)
  }

  recovered(): void {
    if (this.#closed) return
    this.#interrupted = false
    this.#owner.brokerState('following')
    this.#wake()
  }

  before(offset: number): string {
    return this.#log.idBefore(offset) ?? this.#base
  }

  find(lastEventId: string): Resumption {
    const offset = this.#offsetAfter(lastEventId)
    return offset === undefined ? 'elsewhere' : { offset }
  }

  async next(place: Place, left: AbortSignal): Promise<Step | undefined> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      // Also a place that is live: until the log is filled, nobody knows where that is.
      await this.whenReady(left)
      if (this.#closed || left.aborted) return undefined
      try {
        const step =
          'after' in place ? await this.#after(place.after, left) : await this.#start(place.start, left)
        if (step !== 'try again') return step
      } catch (error) {
        // The stream stays open meanwhile, and is pinged.
        if (!this.#closed) this.#owner.brokerState('interrupted', error)
        await this.#moved(left, retryMs)
      }
    }
  }

  async #start(start: string, left: AbortSignal): Promise<Step | 'try again'> {
    if (start === 'live') return { before: this.before(this.#log.end), offset: this.#log.end }
    const page = await this.#read(undefined)
    return page.records.length === 0 ? this.#join(`${page.epoch}-${page.before}`, left) : this.#stepOf(page)
  }

  async #after(id: string, left: AbortSignal): Promise<Step | 'try again' | undefined> {
    const joined = this.#offsetAfter(id)
    if (joined !== undefined) return { before: id, offset: joined }
    const [, epoch = '', position = ''] = ID.exec(id) ?? []
    if (!this.#broker.isPosition(position)) return this.#lost('unknown-id', await this.#read(undefined))
    const page = await this.#read(position)
    if (page.epoch !== epoch) return this.#lost('restarted', await this.#read(undefined))
    if (page.lost !== undefined) return this.#lost(page.lost, page)
    return page.records.length === 0 ? this.#join(id, left) : this.#stepOf(page)
  }

  /** The reader is where the broker is. The log will be, too; it may even have been, and have dropped what came after. */
  async #join(id: string, left: AbortSignal): Promise<Step | 'try again'> {
    const offset = this.#offsetAfter(id)
    if (offset !== undefined) return { before: id, offset }
    await this.#moved(left)
    return 'try again'
  }

  /** What comes next, up to where the log has it. */
  #stepOf({ epoch, before, records }: BrokerPage): Step {
    const entries: SelectableEntry[] = []
    let last = before
    for (const record of records) {
      const id = `${epoch}-${record.position}`
      const offset = this.#log.offsetOf(id)
      if (offset !== undefined && last === before) return { before: `${epoch}-${before}`, offset }
      if (offset !== undefined) break
      last = record.position
      const entry = this.#entryOf(id, record)
      if (entry !== undefined) entries.push(entry)
    }
    return { before: `${epoch}-${before}`, entries, last: `${epoch}-${last}` }
  }

  #lost(lost: 'evicted' | 'unknown-id' | 'restarted', { epoch, before }: BrokerPage): Step {
    return { lost, resumeAt: `${epoch}-${before}` }
  }

  #offsetAfter(id: string): number | undefined {
    const own = this.#log.offsetOf(id)
    if (own !== undefined) return own + 1
    return id === this.before(this.#log.start) ? this.#log.start : undefined
  }

  /** Encoded again, by the same encoder: the bytes are those that any other process makes of it. */
  #entryOf(id: string, { payload }: BrokerRecord): SelectableEntry | undefined {
    try {
      const event = decodePayload(payload)
      return { frame: encodeFrame(toServerSentEvent(event, id)), id, name: event.name, topics: event.topics }
    } catch (error) {
      warn(`The event ${id} in the broker cannot be sent, so readers do not get it.`, error)
      return undefined
    }
  }

  #read(after: string | undefined): Promise<BrokerReading> {
    const key = after ?? ''
    const pending = this.#reads.get(key)
    if (pending !== undefined) return pending
    const read = this.#readInTurn(after).finally(() => {
      this.#reads.delete(key)
      this.#queue.shift()?.()
    })
    this.#reads.set(key, read)
    return read
  }

  async #readInTurn(after: string | undefined): Promise<BrokerReading> {
    if (this.#reads.size >= MAX_READS) await new Promise<void>((resolve) => this.#queue.push(resolve))
    if (this.#closed) throw serverError('channel-closed', 'The channel was closed meanwhile.')
    const reading = await this.#broker.read(after, PAGE)
    if (!this.#interrupted && !this.#closed) this.#owner.brokerState('following')
    return reading
  }

  /** Settles when the log moves, when whoever waits for it has left, or after so long. */
  #moved(left?: AbortSignal, withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      if (left?.aborted) return resolve()
      const done = (): void => {
        this.#waiting.delete(done)
        left?.removeEventListener('abort', done)
        cancel?.()
        resolve()
      }
      const cancel = withinMs === undefined ? undefined : this.#clock.schedule(done, withinMs)
      this.#waiting.add(done)
      left?.addEventListener('abort', done)
    })
  }

  #wake(): void {
    for (const callback of [...this.#waiting]) callback()
  }
}
