import type { CaseServer } from './case-server.ts'
import type { ClientCase, ClientNeed, ClientPlace } from './client-case.ts'

/** Where a client is tried: in this process, or in pages. */
export interface ClientStage {
  /** Of the client, for the report. */
  readonly subject: string
  readonly place: ClientPlace
  /** How many cases may run at a time. */
  readonly concurrency: number
  /** What a case may need and does not find here, and why. */
  readonly lacks: Readonly<Partial<Record<ClientNeed, string>>>
  /** What the case's `run` comes to. */
  play(playing: ClientCase, server: CaseServer, timeoutMs: number): Promise<unknown>
}
