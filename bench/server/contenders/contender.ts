import type { OutgoingEvent } from '../outgoing-event.ts'
import type { Outlet } from '../publisher.ts'

export interface ServingOptions {
  /** How long a silent stream waits for its ping. Nothing is measured while pings go out; they are armed. */
  readonly pingIntervalMs: number
  /** What each client is sent when it connects. */
  readonly greeting: readonly OutgoingEvent[]
}

/** A server that listens on loopback, alone in its process. `GET /` is its event stream. */
export interface ContenderServer extends Outlet {
  readonly port: number
  /** The process that does the work, if it is not the one that this is called in. */
  readonly pid?: number
  /** How many clients it would write an event to. */
  countClients(): number | Promise<number>
  /** Lets go of what would outlive the process. */
  close?(): Promise<void>
}

/** What the module of a contender exports as `serve`. */
export type Serve = (options: ServingOptions) => Promise<ContenderServer>
