import type { Socket } from 'node:net'
import type { Clock } from '@sse/core'
import type { ConnectionFaults, CutKind, StreamFaults } from './fault-plan.ts'
import type { Direction, FaultConnection, FaultEvent, ProxyHappening } from './happening.ts'
import type { PipelineReport } from './pipeline.ts'
import { Relay } from './relay.ts'
import { RewriteHost } from './rewrite-host.ts'
import { forkedSeed } from './seeds.ts'
import { breakOff } from './socket-output.ts'
import type { Target } from './target.ts'

export interface ProxiedConnectionOptions {
  readonly index: number
  readonly faults: ConnectionFaults
  /** Of this connection. */
  readonly seed: number
  readonly clock: Clock
  readonly bufferBytes: number
  /** The servers to try, one after the other. */
  readonly targets: readonly Target[]
  /** One of them has not taken it, and the next is tried. */
  readonly passedOver: () => void
  /** Takes what was asked of whichever connection gets an answer next. */
  readonly takeLoss: () => CutKind | undefined
  readonly observe: (happening: ProxyHappening) => void
}

/** The socket of a client, that to the target, and what happens between them. */
export class ProxiedConnection implements FaultConnection {
  readonly index: number
  readonly faults: ConnectionFaults
  readonly #options: ProxiedConnectionOptions
  readonly #client: Socket
  /** To a target that others would follow, and that has not taken the connection yet. */
  #trial: Socket | undefined
  #server: Socket | undefined
  #request: Relay | undefined
  #response: Relay | undefined
  readonly #cancels: (() => void)[] = []
  /** How it breaks when the target speaks next. */
  #loss: CutKind | undefined
  #open = true

  constructor(client: Socket, options: ProxiedConnectionOptions) {
    this.index = options.index
    this.faults = options.faults
    this.#options = options
    this.#client = client
  }

  start(): void {
    const { faults } = this
    this.#watch(this.#client)
    this.#options.observe({ type: 'opened', connection: this })
    if (faults.refuse) {
      this.#report({ fault: 'refuse' })
      breakOff(this.#client)
    } else if (faults.neverAnswer) {
      this.#report({ fault: 'never-answer' })
      this.#client.resume()
      this.#schedule('response', faults)
    } else {
      this.#connect(this.#options.targets)
    }
  }

  get open(): boolean {
    return this.#open
  }

  get requestBytes(): number {
    return this.#request?.bytes ?? 0
  }

  get responseBytes(): number {
    return this.#response?.bytes ?? 0
  }

  get heldBytes(): number {
    return (this.#request?.held ?? 0) + (this.#response?.held ?? 0)
  }

  cut(how: CutKind = 'reset'): void {
    this.#cut('response', how)
  }

  loseAnswer(how: CutKind = 'reset'): void {
    this.#loss = how
  }

  stall(): void {
    this.#request?.stall()
    this.#response?.stall()
  }

  resume(): void {
    this.#request?.resume()
    this.#response?.resume()
  }

  /** Closes both sides at once. */
  destroy(): void {
    this.#client.destroy()
    this.#server?.destroy()
    this.#close()
  }

  /** To the first of these that takes it. The last is spoken to at once, since there is nobody else. */
  #connect([target, ...others]: readonly Target[]): void {
    if (target === undefined) return this.#turnAway(new Error('There is no target at the moment.'))
    const server = target.connect()
    if (others.length === 0) {
      const unreachable = (error: Error): void => this.#unreachable(error)
      server.once('error', unreachable)
      // What goes wrong later is between the client and the target.
      server.once(target.connected, () => server.off('error', unreachable))
      return this.#relay(target, server)
    }
    this.#trial = server
    const refused = (): void => {
      if (!this.#open) return
      this.#options.passedOver()
      this.#connect(others)
    }
    server.once('error', refused)
    server.once(target.connected, () => {
      server.off('error', refused)
      this.#relay(target, server)
    })
  }

  #relay(target: Target, server: Socket): void {
    const { seed, clock, bufferBytes } = this.#options
    const client = this.#client
    this.#trial = undefined
    this.#server = server
    this.#watch(server)
    const common = { clock, bufferBytes, onEnd: () => this.#settle() }
    const { request = {}, ...response } = this.faults
    this.#request = new Relay(client, server, request, {
      ...common,
      seed: forkedSeed(seed, 1),
      report: this.#reportOf('request', request),
      before: target.rewritesHost ? (next) => new RewriteHost(next, target.url.host) : undefined,
    })
    this.#response = new Relay(server, client, response, {
      ...common,
      seed: forkedSeed(seed, 2),
      report: this.#reportOf('response', response),
      isLost: () => this.#isAnswerLost(),
    })
    this.#schedule('request', request)
    this.#schedule('response', response)
  }

  /** The faults that set in at a time. */
  #schedule(direction: Direction, { cut, stall }: StreamFaults): void {
    const { clock } = this.#options
    if (cut?.afterMs !== undefined) {
      this.#cancels.push(clock.schedule(() => this.#cut(direction, cut.how ?? 'reset'), cut.afterMs))
    }
    if (stall?.afterMs !== undefined) {
      this.#cancels.push(clock.schedule(() => this.#relayOf(direction)?.stall(), stall.afterMs))
    }
  }

  #relayOf(direction: Direction): Relay | undefined {
    return direction === 'request' ? this.#request : this.#response
  }

  #unreachable(error: Error): void {
    this.#options.observe({ type: 'unreachable', connection: this, error })
  }

  #turnAway(error: Error): void {
    this.#unreachable(error)
    breakOff(this.#client)
  }

  #isAnswerLost(): boolean {
    const how = this.#loss ?? this.#options.takeLoss()
    if (how === undefined) return false
    this.#loss = undefined
    this.#cut('response', how)
    return true
  }

  #cut(direction: Direction, how: CutKind): void {
    if (!this.#open) return
    const relay = this.#relayOf(direction)
    if (relay === undefined) {
      // There is no target to leave.
      if (how === 'reset') breakOff(this.#client)
      if (how === 'fin') this.#client.destroy()
    }
    relay?.cut(how)
    this.#report({ fault: 'cut', direction, how })
  }

  #watch(socket: Socket): void {
    // An error is followed by a close, which is what counts.
    socket.on('error', () => {})
    socket.on('end', () => this.#settle())
    socket.on('close', () => this.#settle())
  }

  /** When a side is gone, and the other has been told, that one is closed too. */
  #settle(): void {
    if (!this.#open) return
    const client = this.#client
    const server = this.#server
    if (server !== undefined && client.destroyed && this.#request?.hasEnded) server.destroy()
    if (server?.destroyed && this.#response?.hasEnded) client.destroySoon()
    // A client that hears nothing any more, and goes.
    const isAlone = server === undefined || this.#response?.isHalfOpen
    if (isAlone && client.readableEnded) client.destroy()
    if (client.destroyed && (server === undefined || server.destroyed)) this.#close()
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    this.#trial?.destroy()
    for (const cancel of this.#cancels) cancel()
    this.#request?.destroy()
    this.#response?.destroy()
    this.#options.observe({ type: 'closed', connection: this })
  }

  #reportOf(direction: Direction, { cut }: StreamFaults): PipelineReport {
    return {
      cut: () => this.#report({ fault: 'cut', direction, how: cut?.how ?? 'reset' }),
      stalled: () => this.#report({ fault: 'stall', direction }),
      corrupted: (position) => this.#report({ fault: 'corrupt', direction, position }),
      dropped: (bytes) => this.#report({ fault: 'drop', direction, bytes }),
    }
  }

  #report(event: FaultEvent): void {
    this.#options.observe({ type: 'fault', connection: this, ...event })
  }
}
