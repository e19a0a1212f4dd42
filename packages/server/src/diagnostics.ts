import type { Gap } from '@sse/core'
import type { StreamEnd } from './stream/stream-end.ts'

/** What an open stream has carried until now. */
export interface StreamProgress {
  readonly events: number
  readonly bytes: number
  /** What became of them on the wire: fewer where the stream is compressed, as many where it is not. */
  readonly wireBytes: number
}

/** A channel, as diagnostics name it. */
export interface DiagnosedChannel {
  /** `name` of its options; `''` if it has none. */
  readonly name: string
}

/** What is told under each name of `node:diagnostics_channel`. */
export interface DiagnosticMessages {
  'sse:stream:open': {
    readonly request: unknown
    readonly lastEventId: string
    readonly stream: StreamProgress
  }
  'sse:stream:close': { readonly request: unknown; readonly stream: StreamProgress; readonly end: StreamEnd }
  /** A request that was answered with an error status instead of a stream. */
  'sse:stream:refuse': { readonly request: unknown; readonly status: number }
  /** A stream that is not compressed, because there are as many with a compressor of their own as there may be. */
  'sse:stream:uncompressed': { readonly request: unknown }
  /** A client took what it had left lying: how long the stream was full. */
  'sse:stream:drain': { readonly stream: StreamProgress; readonly waitedMs: number }
  'sse:channel:publish': {
    readonly channel: DiagnosedChannel
    readonly name: string
    readonly id: string
    readonly bytes: number
  }
  /** Everyone was offered what is new: how many subscribers there are, and how long it took. */
  'sse:channel:flush': {
    readonly channel: DiagnosedChannel
    readonly subscribers: number
    readonly durationMs: number
  }
  /** A flush left readers behind: how many, and by how many events the slowest. Told with 0 when all have caught up again. */
  'sse:channel:lag': { readonly channel: DiagnosedChannel; readonly readers: number; readonly events: number }
  /** A channel's broker cannot be reached, and why; or it is reached again. Told when that changes. */
  'sse:channel:broker': {
    readonly channel: DiagnosedChannel
    readonly state: 'following' | 'interrupted'
    readonly error: unknown
  }
  'sse:channel:gap': { readonly channel: DiagnosedChannel; readonly gap: Gap }
}

interface DiagnosticChannel<Message> {
  readonly hasSubscribers: boolean
  publish(message: Message): void
}

interface DiagnosticsModule {
  channel(name: string): DiagnosticChannel<unknown>
}

declare const process: undefined | { getBuiltinModule?: (name: string) => unknown }

/** Asked for by name, not imported: this file also runs where there is no such module. */
const diagnosticsChannel =
  typeof process === 'undefined'
    ? undefined
    : (process.getBuiltinModule?.('node:diagnostics_channel') as DiagnosticsModule | undefined)

/**
 * One of the toolkit's diagnostics channels. Look at `hasSubscribers` before you gather what to tell: with nobody
 * listening, a diagnostic costs one comparison.
 */
export function diagnostic<Name extends keyof DiagnosticMessages>(
  name: Name,
): DiagnosticChannel<DiagnosticMessages[Name]> {
  return diagnosticsChannel?.channel(name) ?? { hasSubscribers: false, publish() {} }
}
