import type { Gap, GapReason, ServerSentEvent } from '@sse/core'
import { type DiagnosedChannel, diagnostic } from '../diagnostics.ts'
import type { EventStream, PositionedFeed } from '../stream/event-stream.ts'
import type { Batch } from './batch.ts'
import type { LagPolicy } from './lag-policy.ts'
import type { LatestByKey } from './latest-by-key.ts'
import { withLineEnding } from './line-ending.ts'
import type { Log } from './log.ts'
import type { Place, Positions } from './positions.ts'
import type { StartPosition } from './resume.ts'
import type { SelectableEntry, Selection } from './selection.ts'

const onGap = diagnostic('sse:channel:gap')

/** What a subscriber reads. */
export interface Readable {
  readonly channel: DiagnosedChannel
  readonly log: Log
  readonly positions: Positions
  /** Whether streams may be compressed where they can be. */
  readonly compressible: boolean
  /** With `compactBy`: the events that stand for those the log has dropped. */
  readonly latest: LatestByKey | undefined
  /** Told when the stream of a subscriber has ended. */
  readonly left: (subscriber: Subscriber) => void
}

/** How it reads. */
export interface Reading {
  readonly start: StartPosition
  readonly selection: Selection | undefined
  readonly lagPolicy: LagPolicy
}

/** An id longer than this was not made here, and is not sent back. */
const LONGEST_ID_REPEATED = 256

/**
 * One reader of a log: an offset and a stream. It keeps nothing of its own. While its stream is full the offset stays
 * where it is, so a slow reader costs as little memory as a fast one, and delays nobody.
 */
export class Subscriber implements PositionedFeed {
  readonly stream: EventStream
  readonly #source: Readable
  readonly #reading: Reading
  /** The first event that this reader has not been given. */
  #offset: number
  /** Up to here it is given only the latest event of each key. */
  #compactUntil = 0
  /** The position that the client knows, by the id of an event or told by itself. */
  #toldOffset: number
  #waiting = false
  #advancing = false
  /** Something else writes to the stream: a snapshot, or what the log does not have. */
  #supplying = false
  #finishing = false
  /** Where it is looked for what it has not read, should the log drop that. Kept only where there is an elsewhere. */
  #place: string | undefined
  /** Made when it first reads what the log does not have: tells those it waits for that it has left. */
  #left: AbortController | undefined

  constructor(stream: EventStream, source: Readable, reading: Reading) {
    this.stream = stream
    this.#source = source
    this.#reading = reading
    this.#offset = this.#toldOffset = source.log.end
  }

  /** Puts it behind `lastEventId`. */
  begin(lastEventId: string): void {
    this.stream.positioned = this
    this.#putBehind(lastEventId)
  }

  streamEnded(): void {
    this.#left?.abort()
    this.#source.left(this)
  }

  /** Remembers by its id where it is, while the log still knows. */
  notePlace(): void {
    if (this.#source.positions.elsewhere !== undefined && !this.#supplying && this.#offset >= this.#log.start)
      this.#place = this.#position
  }

  get #log(): Log {
    return this.#source.log
  }

  get #latest(): LatestByKey | undefined {
    return this.#source.latest
  }

  /** How many events it is behind. */
  get lag(): number {
    return this.#log.end - this.#offset
  }

  /** Writes what the log has and the stream takes. Never throws: an error of the filter ends this stream, and no other. */
  advance(): void {
    // A filter or an `onError` that publishes may lead back here, before the offset has moved.
    if (this.#advancing) return
    this.#advancing = true
    try {
      this.#read(this.#log.end)
    } catch (error) {
      this.stream.fail(error)
    }
    this.#advancing = false
    if (this.#finishing && !this.#supplying && this.#offset === this.#log.end) this.stream.end('complete')
    if (this.stream.open && !this.stream.writable && !this.#waiting) this.#waitForStream()
  }

  #read(end: number): void {
    while (this.stream.writable && !this.#supplying && this.#offset < end) {
      // What is gone may have been all there was, and the gap may have filled the stream: look again.
      if (this.#offset < this.#oldest && this.#place !== undefined)
        this.#lookElsewhere({ after: this.#place })
      else if (this.#offset < this.#oldest)
        this.#lose('lagged', this.#position, this.#log.start - this.#offset)
      else if (this.#compacts) this.#writeLatest()
      else if (this.#offset < this.#log.start) this.#compactUntil = this.#log.end
      else this.#write(this.#log.batch(this.#offset, this.stream.lineEnding, this.#reading.selection))
    }
  }

  /** Nothing will be appended any more: the stream is complete when `advance` has written the last event. */
  finish(): void {
    this.#finishing = true
  }

  #waitForStream(): void {
    this.#waiting = true
    this.notePlace()
    this.stream.whenWritable(() => {
      this.#waiting = false
      this.#advanceAlone()
    })
  }

  #advanceAlone(): void {
    this.advance()
    // Nobody else reads from just here: kept, the batches of one slow reader would add up to a second log.
    this.#log.forgetBatches()
  }

  #putBehind(lastEventId: string): void {
    const { elsewhere } = this.#source.positions
    if (lastEventId === '') {
      const { start } = this.#reading
      if (elsewhere === undefined || (elsewhere.ready && start === 'live')) this.#beginAt(start)
      else this.#lookElsewhere({ start })
      return
    }
    const resumption = this.#source.positions.find(lastEventId, this.#oldest)
    if (resumption === 'elsewhere') this.#lookElsewhere({ after: lastEventId })
    else if ('offset' in resumption) this.#goTo(resumption.offset)
    else this.#lose(resumption.lost, resumption.requestedId, resumption.missed)
  }

  #beginAt(start: StartPosition): void {
    if (start === 'live') this.#goTo(this.#log.end)
    else if (start === 'earliest') this.#goTo(this.#log.start)
    // A snapshot that is not whole must not pass for one.
    else if (this.#oldest > 1) this.#lose('evicted', null, null)
    else {
      this.#goTo(1)
      this.#compactUntil = this.#log.end
    }
  }

  /** The first offset from which a reader gets everything, or everything that matters. */
  get #oldest(): number {
    return this.#latest === undefined ? this.#log.start : Math.min(this.#latest.completeFrom, this.#log.start)
  }

  /** Whether it is given the latest event of each key now. Not where keys were given up that the log still has. */
  get #compacts(): boolean {
    return (
      this.#latest !== undefined &&
      this.#offset < this.#compactUntil &&
      this.#offset >= this.#latest.completeFrom
    )
  }

  /**
   * Puts the cursor, and tells the reader where it is before it has read anything: an id without data sets the last event
   * ID and dispatches nothing (WHATWG HTML §9.2.6). A connection that breaks before the first event can then be resumed
   * too.
   */
  #goTo(offset: number): void {
    this.#put(offset)
    this.stream.writeEvent({ id: this.#position })
  }

  #put(offset: number): void {
    this.#offset = this.#toldOffset = offset
    if (offset < this.#log.start) this.#compactUntil = this.#log.end
  }

  /** The position before the next event. */
  get #position(): string {
    return this.#source.positions.before(this.#offset)
  }

  /** Events are lost to this reader: does what the policy says. */
  #lose(
    reason: GapReason,
    requestedId: string | null,
    missed: number | null,
    /** Where there still is something elsewhere. */
    resumeAt?: string,
  ): void {
    const { lagPolicy, selection } = this.#reading
    if (lagPolicy === 'disconnect' && reason === 'lagged') return this.stream.end('lagged')
    const supply = typeof lagPolicy === 'function' ? lagPolicy : undefined
    // Supplied with what it missed, it goes on with what is new; otherwise with all that there still is.
    this.#put(supply !== undefined ? this.#log.end : this.#oldest)
    if (this.#latest !== undefined) this.#compactUntil = this.#log.end
    if (supply !== undefined && this.#source.positions.elsewhere !== undefined) this.#place = this.#position
    const gap: Gap = {
      reason,
      requestedId: requestedId !== null && requestedId.length > LONGEST_ID_REPEATED ? null : requestedId,
      resumedAtId: (supply === undefined ? resumeAt : undefined) ?? this.#position,
      // Nobody knows how many of those that were dropped this reader wanted, or had newer ones behind them.
      missed: selection === undefined && this.#latest === undefined ? missed : null,
    }
    if (onGap.hasSubscribers) onGap.publish({ channel: this.#source.channel, gap })
    if (supply === undefined) this.stream.writeEvent({ id: gap.resumedAtId, event: 'gap', data: gap })
    else void this.#supply(supply, gap)
  }

  /** Reads what the log does not have, then goes on with the log: from the same event on, so that none is missing or comes twice. */
  #lookElsewhere(place: Place): void {
    this.#supplying = true
    this.#readElsewhere(place).catch((error: unknown) => this.stream.fail(error))
  }

  async #readElsewhere(start: Place): Promise<void> {
    // What it lost while it was connected, it lost because it was slow.
    const lagged = this.#place !== undefined
    let place = start
    let told = lagged ? this.#place : undefined
    this.#place = undefined
    this.#left ??= new AbortController()
    while (this.stream.open) {
      const step = await this.#source.positions.elsewhere?.next(place, this.#left.signal)
      if (!this.stream.open) return
      if (step === undefined) {
        this.#put(this.#log.end)
        break
      }
      if ('lost' in step) {
        const reason = lagged && step.lost === 'evicted' ? 'lagged' : step.lost
        const requestedId = 'after' in place ? place.after : null
        told = step.resumeAt
        place = { after: told }
        this.#lose(reason, requestedId, null, told)
        // A supplier goes on by itself, with what is new.
        if (typeof this.#reading.lagPolicy === 'function') return
        continue
      }
      if (told !== step.before) this.stream.writeEvent({ id: step.before })
      if ('offset' in step) {
        this.#put(step.offset)
        this.#place = step.before
        // The log may have been filled anew: where events were deleted in the broker, it is not what the reader was given.
        this.stream.breakRun()
        break
      }
      for (const entry of step.entries) await this.#writeEntry(entry)
      told = step.last
      place = { after: told }
    }
    this.#supplying = false
    this.#advanceAlone()
  }

  async #writeEntry(entry: SelectableEntry): Promise<void> {
    if (this.#reading.selection?.matches(entry) === false) return
    while (this.stream.open && !this.stream.writable) await this.#writable()
    this.stream.write(withLineEnding(entry.frame, this.stream.lineEnding), 1)
  }

  async #supply(policy: Exclude<LagPolicy, string>, gap: Gap): Promise<void> {
    this.#supplying = true
    try {
      const events: Iterable<ServerSentEvent> = await policy(gap)
      for (const event of events) {
        while (this.stream.open && !this.stream.writable) await this.#writable()
        if (!this.stream.open) return
        this.stream.writeEvent(event)
      }
      while (this.stream.open && !this.stream.writable) await this.#writable()
      if (this.stream.open) this.stream.writeEvent({ id: gap.resumedAtId })
    } catch (error) {
      this.stream.fail(error)
    }
    this.#supplying = false
    this.#advanceAlone()
  }

  /** Settles when the stream takes more, or has ended. */
  #writable(): Promise<void> {
    return new Promise((resolve) => this.stream.whenWritable(resolve))
  }

  #writeLatest(): void {
    const { lineEnding } = this.stream
    // There is a compaction only where there is `#latest`.
    const batch = this.#latest?.batch(this.#offset, this.#compactUntil, lineEnding, this.#reading.selection)
    if (batch === undefined) return
    this.#write(batch)
    // Also when nothing was written: what the log has before this place is not what the reader was given.
    this.stream.breakRun()
  }

  #write({ bytes, text, events, told, next }: Batch): void {
    this.#offset = next
    if (events === 0) return
    this.#toldOffset = told
    if (text === undefined || !this.#source.compressible) this.stream.write(bytes, events)
    else this.stream.writeShared(text, events)
  }

  /** Where the reader is, if it does not know: it was passed over by events that it did not want. */
  unsaidPosition(): string | undefined {
    if (this.#toldOffset === this.#offset || this.#offset < this.#compactUntil) return undefined
    // What it has lost it is told by a gap, not passed over.
    if (this.#offset < this.#log.start) return undefined
    this.#toldOffset = this.#offset
    return this.#position
  }
}
