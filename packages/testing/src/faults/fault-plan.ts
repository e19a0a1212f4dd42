import type { CountedFrom } from './position.ts'

/** What happens to the bytes of one direction. All of it can be combined; the order is that of the fields. */
export interface StreamFaults {
  /** Bytes that arrive damaged: a bit is flipped, or other bytes come in their place. There are never more or fewer of them. */
  readonly corrupt?: CorruptFault | readonly CorruptFault[] | undefined
  /** A buffering reverse proxy: nothing passes until enough has come together. */
  readonly buffer?: BufferFault | undefined
  /** How much later everything arrives, in milliseconds. It is for one direction: give the request its own half of a round trip. */
  readonly latencyMs?: number | undefined
  /** By how much more each chunk may be late, at random, in milliseconds. The order of bytes is kept. */
  readonly jitterMs?: number | undefined
  /** What the line carries in a second. */
  readonly bandwidthBytes?: number | undefined
  /**
   * Every so many bytes are a write of their own, in a turn of the event loop of its own, so that a reader finds them alone:
   * 1 for byte by byte, `[1, 7]` for a size from 1 to 7 that is drawn for each write.
   */
  readonly splitBytes?: number | readonly [min: number, max: number] | undefined
  /** From a byte or a time on nothing passes any more, until `resume()`; both connections stay open, and the sender feels backpressure. */
  readonly stall?: StallFault | undefined
  /** At a byte or a time the connection breaks. */
  readonly cut?: CutFault | undefined
}

/** Where a fault sets in: with `afterBytes` n, n bytes pass. With both, whichever comes first. At least one is needed. */
export interface FaultPlace {
  /** It sets in as soon as so many bytes have passed; with 0, when the first byte would. */
  readonly afterBytes?: number | undefined
  /** From where bytes are counted. Default `'start'`, the first byte of the head. */
  readonly from?: CountedFrom | undefined
  /** Milliseconds since the connection was made. */
  readonly afterMs?: number | undefined
}

export interface StallFault extends FaultPlace {}

export interface CutFault extends FaultPlace {
  /**
   * What the reader sees of it: a `'reset'` (RST, the default), as when a network or process breaks; `'fin'`, an orderly end in
   * the middle; `'half-open'`, nothing at all: its connection stays open, though the sender's is gone. A reset takes along what
   * waits in the operating system for a reader that is slow; in front of a `'fin'` every byte arrives.
   */
  readonly how?: CutKind | undefined
}

export type CutKind = 'reset' | 'fin' | 'half-open'

export interface BufferFault {
  /** Bytes pass in blocks of so many. */
  readonly untilBytes: number
  /** Whether after the first block everything passes at once. Default false. */
  readonly once?: boolean | undefined
  /** Whether what is left at the end of the stream passes then, or is lost. Default true. */
  readonly flushAtEnd?: boolean | undefined
}

/** Either the bytes from `atByte` on, or each byte with a `probability` from 0 to 1. */
export interface CorruptFault {
  readonly atByte?: number | undefined
  /** What stands there instead, as long as it is. Default: the byte that was there, with one bit flipped. */
  readonly with?: Uint8Array | string | undefined
  readonly probability?: number | undefined
  /** From where bytes are counted, and from where on they are damaged. Default `'start'`, the first byte of the head. */
  readonly from?: CountedFrom | undefined
}

/** What happens to one connection. The faults that stand here happen to what the client reads, the response. */
export interface ConnectionFaults extends StreamFaults {
  /** What happens to the bytes that the client sends. */
  readonly request?: StreamFaults | undefined
  /** The connection is reset as soon as it is made, and nothing else happens to it. A port that is closed to all is `proxy.refuse(true)`. */
  readonly refuse?: boolean | undefined
  /** The connection is made and the request is read, but the target never hears of it. Of the other faults, only a `cut` with `afterMs` still means something. */
  readonly neverAnswer?: boolean | undefined
}

/** What a plan knows of a connection. */
export interface PlannedConnection {
  /** 0 for the first connection. */
  readonly index: number
  /** Numbers from 0 up to 1, the same for the same seed and index. */
  readonly random: () => number
}

/** The same for all connections; or one for each connection in turn, and no faults behind the last; or a function. */
export type FaultPlan =
  | ConnectionFaults
  | readonly (ConnectionFaults | undefined)[]
  | ((connection: PlannedConnection) => ConnectionFaults | undefined)

export function faultsOf(plan: FaultPlan | undefined, connection: PlannedConnection): ConnectionFaults {
  if (typeof plan === 'function') return plan(connection) ?? {}
  if (isList(plan)) return plan[connection.index] ?? {}
  return plan ?? {}
}

export function isList<Item>(value: unknown): value is readonly Item[] {
  return Array.isArray(value)
}
