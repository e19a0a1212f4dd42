import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '@sse/core'
import type { CutKind, FaultPlan } from './fault-plan.ts'
import type { FaultConnection, FaultKind, ProxyHappening } from './happening.ts'
import type { FaultTarget } from './targets.ts'

export interface FaultProxyOptions {
  /**
   * The server behind it, such as `http://localhost:3000`, `https://example.com/events` or `tcp://localhost:6379`; a list of servers; or a function
   * that returns one or the other, asked for each connection. TLS is spoken to the target only.
   */
  readonly target: FaultTarget
  /** What happens to each connection. Default: nothing. */
  readonly faults?: FaultPlan | undefined
  /** A whole number that all chance comes from: the same seed does the same again. Default 1. */
  readonly seed?: number | undefined
  /** For latency, jitter, bandwidth and what sets in at a time. Default: the real one. */
  readonly clock?: Clock | undefined
  /** Default 0: any that is free. */
  readonly port?: number | undefined
  /** The address to listen on. Default `127.0.0.1`, which only this machine reaches. */
  readonly host?: string | undefined
  /** How many bytes it holds for each direction of a connection before the sender has to wait, beside one read of at most 64 KiB. Default 65,536. */
  readonly bufferBytes?: number | undefined
  /**
   * Whether requests name the target in `Host`, where servers of several names need it, instead of the proxy. They then also
   * say `Connection: close`, so that each request has a connection of its own. Default: for `https` targets only; otherwise no
   * byte is changed. Refused for `tcp` targets.
   */
  readonly rewriteHost?: boolean | undefined
  /** How TLS to the target is spoken: `{ ca }` or `{ rejectUnauthorized: false }` for a certificate of one's own. */
  readonly tls?: ConnectionOptions | undefined
  /** Called for each connection and each fault as it happens. */
  readonly observe?: ((happening: ProxyHappening) => void) | undefined
}

/** What a proxy has done so far. */
export interface FaultProxyStatistics {
  /** With it, the same happens again. */
  readonly seed: number
  /** How many connections there were. */
  readonly connections: number
  /** How many of them are open. */
  readonly open: number
  /** How many bytes of clients were passed on to the target. */
  readonly requestBytes: number
  /** How many bytes of the target were passed on to clients. */
  readonly responseBytes: number
  /** How many bytes it holds at this moment. */
  readonly heldBytes: number
  /** How many connections no target took. */
  readonly unreachable: number
  /** How often each fault happened; `corrupt` counts bytes. */
  readonly faults: Readonly<Record<FaultKind, number>>
}

/** A TCP proxy that breaks connections as it is told. Made by `faultProxy`. */
export interface FaultProxy extends AsyncDisposable {
  /** Where it listens, with the path of the target: of the first, if they are several; with none, if a function says which. `tcp://…` before a `tcp` target. */
  readonly url: string
  readonly port: number
  readonly seed: number
  /** Those that are open, the oldest first. */
  readonly connections: readonly FaultConnection[]
  /** The plan for connections to come: a test may change it at any time. Indexes go on counting. */
  faults: FaultPlan | undefined
  /** Breaks all connections that are open. By default by a reset. */
  cut(how?: CutKind): void
  /**
   * Lets the next answer be lost: the connection on which a target speaks next breaks before its client hears of it. The target has done what it
   * was asked, and the client cannot know. By default by a reset.
   */
  loseAnswer(how?: CutKind): void
  /** Stalls all connections that are open; those to come are not. */
  stall(): void
  /** Lets all connections go on that a stall holds. */
  resume(): void
  /** Closes the port, so that new connections are refused, or opens it again. Connections that are open stay. */
  refuse(refused: boolean): Promise<void>
  statistics(): FaultProxyStatistics
  /** For messages of assertions: what it did, and the seed that does it again. */
  toString(): string
  /** Breaks everything off. Rejects when the plan, a function, threw or returned faults that make no sense. */
  close(): Promise<void>
}
