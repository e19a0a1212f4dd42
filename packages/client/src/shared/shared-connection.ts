import type { ClosedState, ConnectionState } from '../connection/connection-state.ts'
import type { SupervisedSettings } from '../connection/supervised-connection.ts'
import type { ConnectionError } from '../errors.ts'
import type { SourceConnection, SourceListener } from '../typed-event-source.ts'
import { LeaderWatch } from './leader-watch.ts'
import { onPageLifecycle } from './page-lifecycle.ts'
import { bare, RelayFollower } from './relay-follower.ts'
import { RelayLeader } from './relay-leader.ts'
import { RelayLog, type RelayRetention } from './relay-log.ts'
import { RelayReader } from './relay-reader.ts'
import { type RelayedState, relayState, restoreState } from './relayed-state.ts'
import type { SharingMode } from './sharing-mode.ts'
import { type LeaderMessage, type OpenBroadcastChannel, TabChannel, type TabMessage } from './tab-channel.ts'
import { type LockManagerLike, TabLock } from './tab-lock.ts'
import { nextTerm } from './term.ts'

export interface SharingSettings {
  readonly name: string
  readonly leaderTimeoutMs: number
  readonly retention: RelayRetention | undefined
  readonly locks: LockManagerLike | undefined
  readonly broadcastChannel: OpenBroadcastChannel | undefined
}

/** How long who is about to lead waits for others to tell what it has missed. Messages between tabs take a few milliseconds. */
const CATCH_UP_MS = 100

/**
 * One tab's share of a connection that several have.
 *
 * Whoever holds the lock leads: it reads from the server, numbers what it reads within its term, and relays it. Every tab keeps
 * a log of that, from which its own source is fed. Whoever leads next goes on after its own log, and is helped first by those
 * that have more.
 */
export class SharedConnection implements SourceConnection {
  readonly #settings: SupervisedSettings
  readonly #listener: SourceListener
  readonly #log: RelayLog
  readonly #reader: RelayReader
  readonly #lock: TabLock | undefined
  readonly #channel: TabChannel | undefined
  readonly #follower: RelayFollower
  readonly #watch: LeaderWatch
  /** Pages that are not served securely have no such function, and no locks either. */
  readonly #tab: string = globalThis.crypto?.randomUUID?.() ?? ''
  #endLifecycle: (() => void) | undefined
  #mode: SharingMode = 'joining'
  #state: ConnectionState = { status: 'connecting', attempt: 1 }
  #leader: RelayLeader | undefined
  /** Of the last leader that was heard of. */
  #term = ''
  /** While it has the lock, and is being helped. */
  #cancelCatchUp: (() => void) | undefined
  #suspended = false
  #followed: PromiseWithResolvers<void> | undefined
  /** There will be nothing more, when what there is was read. */
  #ending: ClosedState | undefined

  constructor(settings: SupervisedSettings, listener: SourceListener, sharing: SharingSettings) {
    this.#settings = settings
    this.#listener = listener
    this.#log = new RelayLog(sharing.retention)
    this.#reader = new RelayReader(this.#log, listener, settings.lastEventId, () => this.#drained())
    this.#follower = new RelayFollower(this.#tab, this.#log, this.#reader, (message) => this.#post(message))
    this.#watch = new LeaderWatch(settings.clock, settings.random, sharing.leaderTimeoutMs, {
      probe: () => this.#probe(),
      gone: () => this.#lock?.steal(),
    })
    const { name, locks, broadcastChannel } = sharing
    if (locks === undefined || broadcastChannel === undefined) return
    this.#channel = new TabChannel(name, broadcastChannel, (message) => this.#received(message))
    this.#lock = new TabLock(locks, name, {
      granted: () => this.#catchUp(),
      lost: () => this.#deposed(),
      unavailable: () => this.#goAlone(),
    })
  }

  get mode(): SharingMode {
    return this.#mode
  }

  get state(): ConnectionState {
    return this.#state
  }

  get lastEventId(): string {
    return this.#reader.lastEventId
  }

  resumeFrom(lastEventId: string): void {
    this.#reader.resumeFrom(lastEventId)
  }

  connect(): void {
    if (this.#state.status === 'closed') return
    if (this.#lock === undefined) return this.#goAlone()
    this.#endLifecycle = onPageLifecycle({
      suspended: () => this.#suspend(),
      resumed: () => this.#resume(),
    })
    this.#join()
  }

  close(reason: ClosedState['reason'], error?: ConnectionError): void {
    if (this.#state.status === 'closed') return
    this.#end({ status: 'closed', reason, ...(error && { error }) })
  }

  #end(state: ClosedState): void {
    this.#leave()
    this.#reader.stop()
    this.#setState(state)
  }

  // Membership

  #join(): void {
    this.#setMode('joining')
    this.#setState({ status: 'connecting', attempt: 1 })
    if (this.#isClosed) return
    this.#channel?.open()
    this.#lock?.request()
    this.#follower.ask()
    this.#watch.start()
  }

  #leave(): void {
    this.#endLifecycle?.()
    this.#withdraw()
  }

  /** Gives up what the others would have to wait for. */
  #withdraw(): void {
    this.#watch.stop()
    this.#stopLeading()
    this.#lock?.release()
    this.#channel?.close()
  }

  #suspend(): void {
    if (this.#suspended || this.#mode === 'alone') return
    this.#suspended = true
    this.#withdraw()
  }

  #resume(): void {
    if (!this.#suspended) return
    this.#suspended = false
    this.#join()
  }

  #goAlone(): void {
    this.#watch.stop()
    this.#channel?.close()
    this.#setMode('alone')
    this.#lead()
  }

  /** Another tab took the lock, because this one was not heard for long. It may hear of that late. */
  #deposed(): void {
    this.#stopLeading()
    this.#join()
  }

  #follow(term: string): void {
    this.#term = term
    if (this.#leader !== undefined || this.#cancelCatchUp !== undefined) {
      this.#stopLeading()
      this.#lock?.release()
      this.#lock?.request()
    }
    this.#setMode('following')
    this.#setState({ status: 'connecting', attempt: 1 })
    if (this.#isClosed) return
    this.#follower.ask()
    this.#watch.start()
  }

  // Leading

  /** It has the lock. Others may have read more than it has, or what it is about to be told. */
  #catchUp(): void {
    this.#watch.stop()
    this.#follower.stop()
    const position = this.#log.head
    if (position === undefined) return this.#beginTerm()
    this.#post({ kind: 'catch-up', from: this.#tab, position: bare(position) })
    this.#cancelCatchUp = this.#settings.clock.schedule(() => this.#beginTerm(), CATCH_UP_MS, true)
  }

  #beginTerm(): void {
    this.#cancelCatchUp = undefined
    this.#setMode('leading')
    this.#lead()
  }

  #lead(): void {
    if (this.#isClosed) return
    this.#follower.stop()
    this.#term = nextTerm(this.#term, this.#settings.clock.wallTime(), this.#tab)
    const lastEventId = this.#log.head?.lastEventId ?? this.#reader.lastEventId
    const leader = new RelayLeader(
      this.#term,
      this.#log,
      { ...this.#settings, lastEventId },
      (message) => this.#post(message),
      {
        state: (state) => this.#leaderState(state),
        relayed: () => this.#handOut(),
        ready: () => (this.#reader.waiting === undefined ? undefined : this.#untilSomebodyReads()),
        circuit: (circuit, previous) => this.#listener.circuit(circuit, previous),
        received: (bytes) => this.#listener.received(bytes),
        comment: (comment) => this.#listener.comment(comment),
      },
    )
    this.#leader = leader
    leader.start()
    this.#handOut()
  }

  #stopLeading(): void {
    this.#cancelCatchUp?.()
    this.#cancelCatchUp = undefined
    const leader = this.#leader
    this.#leader = undefined
    leader?.end()
  }

  /** A tab that takes nothing holds the server up if there is no other, and nobody if there is. */
  async #untilSomebodyReads(): Promise<void> {
    const followed = Promise.withResolvers<void>()
    this.#followed = followed
    if (this.#mode === 'leading' && (await this.#lock?.isWanted())) return
    await Promise.race([this.#reader.waiting, followed.promise])
  }

  // Following

  #received(message: TabMessage): void {
    switch (message.kind) {
      case 'ask':
        this.#followed?.resolve()
        return this.#leader?.answer(message)
      case 'probe':
        return this.#leader?.announce()
      case 'catch-up':
        return this.#follower.help(message.from, message.position)
      case 'help':
        if (message.to === this.#tab && this.#cancelCatchUp !== undefined)
          this.#follower.appendNext(message.entries)
        return
      default:
        return this.#heardLeader(message)
    }
  }

  #heardLeader(message: LeaderMessage): void {
    // One that was deposed and does not know yet.
    if (message.term < this.#term) return this.#leader?.announce()
    if (message.term > this.#term) this.#follow(message.term)
    else if (this.#cancelCatchUp === undefined) this.#heard()
    switch (message.kind) {
      case 'lead':
        this.#relayedState(message.state)
        return this.#follower.leaderIsAt(message.head)
      case 'events':
        return this.#follower.relayed(message.entries)
      case 'state':
        return this.#relayedState(message.state)
      case 'answer':
        this.#follower.answered(message)
        // To whom it may concern: all are told the state, if it is another.
        return this.#relayedState(message.state)
    }
  }

  #heard(): void {
    if (this.#mode === 'joining') this.#setMode('following')
    if (!this.#isClosed) this.#watch.heard()
  }

  #probe(): void {
    this.#post({ kind: 'probe' })
    if (this.#follower.asking) this.#follower.ask()
  }

  #post(message: TabMessage): void {
    this.#channel?.post(message)
  }

  #handOut(): void {
    this.#reader.read()
    this.#log.trim()
  }

  // State

  /** Asked again after each time that observers were told something: they may have closed it. */
  get #isClosed(): boolean {
    return this.#state.status === 'closed'
  }

  #relayedState(relayed: RelayedState): void {
    // A leader repeats its state whenever it is asked.
    if (JSON.stringify(relayed) !== JSON.stringify(relayState(this.#state)))
      this.#leaderState(restoreState(relayed))
  }

  #leaderState(state: ConnectionState): void {
    if (state.status !== 'closed') return this.#setState(state)
    // What it has asked for may be gone with the leader. Then it finds out for itself.
    if (this.#follower.asking) return
    this.#ending = state
    this.#leave()
    this.#reader.read()
  }

  #drained(): void {
    if (this.#ending !== undefined) this.#end(this.#ending)
  }

  #setState(state: ConnectionState): void {
    const previous = this.#state
    if (previous.status === 'closed') return
    this.#state = state
    this.#listener.state(state, previous)
  }

  #setMode(mode: SharingMode): void {
    const previous = this.#mode
    this.#mode = mode
    if (mode !== previous) this.#listener.mode(mode, previous)
  }
}
