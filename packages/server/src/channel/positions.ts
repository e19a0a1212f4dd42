import type { GapReason } from '@sse/core'
import { createEpoch, formatEventId } from './event-id.ts'
import type { Log } from './log.ts'
import { type Resumption, resume, type StartPosition } from './resume.ts'
import type { SelectableEntry } from './selection.ts'

/** How the places in a log are told to readers, and found again. */
export interface Positions {
  /** The id by which a reader comes back to the place before `offset`, which must not be before the log. */
  before(offset: number): string
  /** The place behind the event that a reader names as its last; `oldest` is the first offset that can still be read. */
  find(lastEventId: string, oldest: number): Resumption
  /** Where events are that the log does not have. `undefined`: nowhere. */
  readonly elsewhere: Elsewhere | undefined
}

/** Events that a log does not have any more, or not yet, because it is a copy of the end of a longer one. */
export interface Elsewhere {
  /** Whether the log has been filled, so that it has what is live. */
  readonly ready: boolean
  /**
   * What comes after an id, or at a start. Waits while it cannot be known, and for the log to have what comes next. `undefined`: the channel was
   * closed meanwhile, or `left` has aborted: whoever asked has gone, and nothing is kept of it. Never rejects.
   */
  next(place: Place, left: AbortSignal): Promise<Step | undefined>
}

/** Where a reader wants to go on. */
export type Place = { readonly after: string } | { readonly start: StartPosition }

/** What a reader does who is not, or not yet, where the log is. */
export type Step =
  /** The log has what comes after `before`, from this offset on. */
  | { readonly before: string; readonly offset: number }
  /** These come next, from the place that `before` names to the one that `last` names. */
  | { readonly before: string; readonly entries: readonly SelectableEntry[]; readonly last: string }
  /** Something is lost; reading goes on after `resumeAt`. */
  | { readonly lost: GapReason; readonly resumeAt: string }

/** Of a log that is all there is: an epoch, made when it is first used, and the offsets. */
export class OwnPositions implements Positions {
  readonly elsewhere: undefined
  readonly #log: Log
  #epoch: string | undefined

  constructor(log: Log) {
    this.#log = log
  }

  /** By the application's id of the event before it, if that has one: then a database knows the place as well. */
  before(offset: number): string {
    return this.#log.idBefore(offset) ?? this.idAt(offset - 1)
  }

  /** The id of the event at `offset`, if the application gives it none. */
  idAt(offset: number): string {
    return formatEventId(this.#madeEpoch, offset)
  }

  find(lastEventId: string, oldest: number): Resumption {
    return resume(this.#log, this.#madeEpoch, lastEventId, oldest)
  }

  /** Where a Worker makes its channels, in the global scope, there is no chance to make it of. */
  get #madeEpoch(): string {
    this.#epoch ??= createEpoch()
    return this.#epoch
  }
}
