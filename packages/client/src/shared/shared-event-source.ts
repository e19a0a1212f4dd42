import type { EventSchemas } from '@sse/core'
import { checkBound, checkDuration, invalidOption } from '../errors.ts'
import type { EventSourceOptions } from '../event-source-options.ts'
import type { PerAttempt } from '../request.ts'
import type { UntypedEvents } from '../source-event.ts'
import { openSource, type TypedEventSource } from '../typed-event-source.ts'
import type { RelayRetention } from './relay-log.ts'
import { SharedConnection } from './shared-connection.ts'
import type { SharingMode } from './sharing-mode.ts'
import { broadcastChannelOf } from './tab-channel.ts'
import { lockManagerOf } from './tab-lock.ts'

export interface SharedEventSourceOptions<Schemas extends EventSchemas = UntypedEvents>
  extends EventSourceOptions<Schemas> {
  /**
   * Tells sources of the same URL apart: those that send other headers, or are of another user. Needed where the URL is a
   * function, and then it alone says which sources share.
   */
  readonly name?: string | undefined
  /** A leader that does not answer for so long is taken for frozen, and replaced. Default 5,000 ms. */
  readonly leaderTimeoutMs?: number | undefined
  /** What each tab keeps of what was relayed, for itself while it is slow and for others that missed it. */
  readonly retention?: RelayRetention | undefined
}

export interface SharedEventSource<Schemas extends EventSchemas = UntypedEvents>
  extends TypedEventSource<Schemas> {
  /** What this tab is to the others: `joining`, `leading`, `following`, or `alone` where nothing can be shared. */
  readonly mode: SharingMode
}

/**
 * Opens an event stream that all tabs of an origin share: one of them holds the one connection, and relays what it reads. When it
 * is closed, crashes or freezes another goes on where it was; no tab misses an event or gets one twice, if the events have ids.
 *
 * Each tab validates for itself. How the request is made and repeated is up to the options of the tab that leads, so give the
 * same in all. Where there are no Web Locks or no `BroadcastChannel`, each tab has a connection of its own: see `mode`.
 *
 * @throws SseError `invalid-option`
 */
export function createSharedEventSource<const Schemas extends EventSchemas = UntypedEvents>(
  url: PerAttempt<string | URL>,
  options: SharedEventSourceOptions<Schemas> = {},
): SharedEventSource<Schemas> {
  const { name, leaderTimeoutMs = 5_000, retention } = options
  const sharing = {
    name: sharedName(url, name),
    leaderTimeoutMs: checkDuration('leaderTimeoutMs', leaderTimeoutMs),
    retention: checkRetention(retention),
    locks: lockManagerOf(globalThis),
    broadcastChannel: broadcastChannelOf(globalThis),
  }
  let connection: SharedConnection | undefined
  const source = openSource(url, options, (settings, listener) => {
    connection = new SharedConnection(settings, listener, sharing)
    return connection
  })
  const mode = { get: () => connection?.mode, enumerable: true }
  return Object.defineProperty(source, 'mode', mode) as SharedEventSource<Schemas>
}

/** The name of the lock and of the channel. The version is that of the messages: tabs that speak another share among themselves. */
function sharedName(url: PerAttempt<string | URL>, name: string | undefined): string {
  if (typeof url !== 'function') return JSON.stringify(['@sse/client', 1, absolute(String(url)), name ?? ''])
  if (name === undefined) throw invalidOption('name', 'given where the URL is a function', name)
  return JSON.stringify(['@sse/client', 1, '', name])
}

/** Pages in different folders mean different things by the same relative URL. */
function absolute(url: string): string {
  const { location } = globalThis as { location?: { href: string } }
  return location === undefined ? url : new URL(url, location.href).href
}

function checkRetention(retention: RelayRetention | undefined): RelayRetention | undefined {
  if (retention?.events !== undefined) checkBound('retention.events', retention.events)
  if (retention?.bytes !== undefined) checkBound('retention.bytes', retention.bytes)
  return retention
}
