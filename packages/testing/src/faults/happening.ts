import type { ConnectionFaults, CutKind } from './fault-plan.ts'

/** One connection through the proxy, as a test sees and breaks it. */
export interface FaultConnection {
  /** 0 for the first connection of the proxy. */
  readonly index: number
  /** What was planned for it. */
  readonly faults: ConnectionFaults
  /** Whether one of its two sides is still open. */
  readonly open: boolean
  /** How many bytes of the client's were passed on. */
  readonly requestBytes: number
  /** How many bytes of the target's were passed on to the client. */
  readonly responseBytes: number
  /** How many bytes, of both directions, the proxy holds at this moment. */
  readonly heldBytes: number
  /** Breaks it now; what is still under way is lost. By default by a reset. */
  cut(how?: CutKind): void
  /** Breaks it when the target speaks next: that is lost, and the client does not hear of it. By default by a reset. */
  loseAnswer(how?: CutKind): void
  /** From now on nothing passes, in neither direction, and no end either. */
  stall(): void
  /** What a stall holds passes, and all that follows. */
  resume(): void
}

export type Direction = 'request' | 'response'

/** Something that the proxy did to a connection on purpose. */
export type FaultEvent =
  | { readonly fault: 'refuse' | 'never-answer' }
  | { readonly fault: 'stall'; readonly direction: Direction }
  | { readonly fault: 'cut'; readonly direction: Direction; readonly how: CutKind }
  /** A byte was damaged; where, counted as its fault counts. */
  | { readonly fault: 'corrupt'; readonly direction: Direction; readonly position: number }
  /** A buffer that is not flushed at the end lost so many bytes. */
  | { readonly fault: 'drop'; readonly direction: Direction; readonly bytes: number }

export type FaultKind = FaultEvent['fault']

/** What a proxy tells whoever observes it. */
export type ProxyHappening =
  | { readonly type: 'opened'; readonly connection: FaultConnection }
  | ({ readonly type: 'fault'; readonly connection: FaultConnection } & FaultEvent)
  /** No target takes the connection; the client's was reset. The error is that of the last one tried. */
  | { readonly type: 'unreachable'; readonly connection: FaultConnection; readonly error: Error }
  | { readonly type: 'closed'; readonly connection: FaultConnection }
