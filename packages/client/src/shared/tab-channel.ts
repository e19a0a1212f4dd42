import type { Continuation, RelayEntry, RelayPosition } from './relay-log.ts'
import type { RelayedState } from './relayed-state.ts'

/** What the leader says, in its term, to all. Messages of one tab arrive in the order in which it posted them. */
export type LeaderMessage =
  /** It leads: said when its term begins, and whenever it is asked whether it is alive. */
  | {
      readonly kind: 'lead'
      readonly term: string
      readonly head: RelayPosition
      readonly state: RelayedState
    }
  | { readonly kind: 'events'; readonly term: string; readonly entries: readonly RelayEntry[] }
  | { readonly kind: 'state'; readonly term: string; readonly state: RelayedState }
  | AnswerMessage

/** To the tab that asked: what follows its position, up to now. */
export interface AnswerMessage {
  readonly kind: 'answer'
  readonly term: string
  readonly to: string
  /** The question's number. */
  readonly question: number
  /** The position before the first entry. */
  readonly base: RelayPosition
  readonly entries: readonly RelayEntry[]
  readonly match: Continuation['match']
  readonly state: RelayedState
}

/** A tab wants what follows its position; without one, what comes from now on. */
export interface AskMessage {
  readonly kind: 'ask'
  readonly from: string
  readonly question: number
  readonly position: RelayPosition | undefined
}

export type TabMessage =
  | LeaderMessage
  | AskMessage
  /** Is there a leader? */
  | { readonly kind: 'probe' }
  /** Who is about to lead asks those who have read more than it has, and is helped. */
  | { readonly kind: 'catch-up'; readonly from: string; readonly position: RelayPosition }
  | { readonly kind: 'help'; readonly to: string; readonly entries: readonly RelayEntry[] }

/** What of a `BroadcastChannel` is used. */
interface BroadcastChannelLike {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  postMessage(message: unknown): void
  close(): void
}

export type OpenBroadcastChannel = new (name: string) => BroadcastChannelLike

/** How the tabs of one connection talk. Closed and opened again, it misses what was said meanwhile. */
export class TabChannel {
  readonly #name: string
  readonly #open: OpenBroadcastChannel
  readonly #onMessage: (message: TabMessage) => void
  #channel: BroadcastChannelLike | undefined

  constructor(name: string, open: OpenBroadcastChannel, onMessage: (message: TabMessage) => void) {
    this.#name = name
    this.#open = open
    this.#onMessage = onMessage
  }

  open(): void {
    if (this.#channel !== undefined) return
    const channel = new this.#open(this.#name)
    channel.onmessage = ({ data }) => {
      // One that was under way when it was closed.
      if (this.#channel === channel) this.#onMessage(data as TabMessage)
    }
    this.#channel = channel
  }

  /** While it is closed nothing is said. */
  post(message: TabMessage): void {
    this.#channel?.postMessage(message)
  }

  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }
}

export function broadcastChannelOf(scope: object): OpenBroadcastChannel | undefined {
  return (scope as { BroadcastChannel?: OpenBroadcastChannel }).BroadcastChannel
}
