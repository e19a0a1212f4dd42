import type { Socket } from 'node:net'
import { systemClock } from '@sse/core'
import { testingError } from '../errors.ts'
import { seeded } from '../seeded.ts'
import { checkFaults, checkPlan } from './check-faults.ts'
import { type ConnectionFaults, type CutKind, type FaultPlan, faultsOf } from './fault-plan.ts'
import type { FaultProxy, FaultProxyOptions, FaultProxyStatistics } from './fault-proxy-face.ts'
import type { FaultConnection, FaultKind, ProxyHappening } from './happening.ts'
import { Listener } from './listener.ts'
import { ProxiedConnection } from './proxied-connection.ts'
import { forkedSeed } from './seeds.ts'
import { Targets } from './targets.ts'

/**
 * Starts a proxy in front of a server: what connects to its `url` talks to the server, through the faults.
 *
 * @throws `invalid-option` for options or faults that make no sense; `port-unavailable` when nothing can listen there.
 */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new ListeningProxy(options)
  await proxy.listen()
  return proxy
}

/** Where a function says which target. */
const NO_URL = { protocol: 'http:', pathname: '/', search: '' }

class ListeningProxy implements FaultProxy {
  readonly seed: number
  readonly #options: FaultProxyOptions
  readonly #targets: Targets
  readonly #listener: Listener
  readonly #connections = new Set<ProxiedConnection>()
  readonly #counts: Record<FaultKind, number> = {
    refuse: 0,
    'never-answer': 0,
    cut: 0,
    stall: 0,
    corrupt: 0,
    drop: 0,
  }
  #faults: FaultPlan | undefined
  #count = 0
  #unreachable = 0
  /** Of the connections that are closed. */
  #requestBytes = 0
  #responseBytes = 0
  /** How the connection breaks on which a target speaks next. */
  #loss: CutKind | undefined
  /** What the plan, or the function that says the target, threw first. */
  #mistake: Error | undefined
  #isClosed = false

  constructor(options: FaultProxyOptions) {
    const { seed = 1, host = '127.0.0.1', port = 0, bufferBytes = 65_536 } = options
    refuseUnlessInteger('seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    refuseUnlessInteger('port', port, 0, 65_535)
    refuseUnlessInteger('bufferBytes', bufferBytes, 1, Number.MAX_SAFE_INTEGER)
    checkPlan(options.faults)
    this.seed = seed
    this.#options = options
    this.#faults = options.faults
    this.#targets = new Targets(options.target, options)
    this.#listener = new Listener(host, port, (client) => this.#accept(client))
  }

  listen(): Promise<void> {
    return this.#listener.open()
  }

  get port(): number {
    return this.#listener.port
  }

  get url(): string {
    const { host = '127.0.0.1' } = this.#options
    const { protocol, pathname, search } = this.#targets.url ?? NO_URL
    const path = pathname === '/' && search === '' ? '' : `${pathname}${search}`
    return `${protocol === 'tcp:' ? 'tcp' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${this.port}${path}`
  }

  get connections(): readonly FaultConnection[] {
    return [...this.#connections]
  }

  get faults(): FaultPlan | undefined {
    return this.#faults
  }

  set faults(plan: FaultPlan | undefined) {
    checkPlan(plan)
    this.#faults = plan
  }

  cut(how?: CutKind): void {
    for (const connection of this.#connections) connection.cut(how)
  }

  loseAnswer(how: CutKind = 'reset'): void {
    this.#loss = how
  }

  stall(): void {
    for (const connection of this.#connections) connection.stall()
  }

  resume(): void {
    for (const connection of this.#connections) connection.resume()
  }

  async refuse(refused: boolean): Promise<void> {
    if (refused) void this.#listener.close()
    else if (this.#isClosed) throw testingError('invalid-option', 'This proxy is closed. Start another one.')
    else await this.#listener.open()
  }

  statistics(): FaultProxyStatistics {
    const open = [...this.#connections]
    const sum = (of: (connection: FaultConnection) => number): number =>
      open.reduce((total, connection) => total + of(connection), 0)
    return {
      seed: this.seed,
      connections: this.#count,
      open: open.length,
      requestBytes: this.#requestBytes + sum((connection) => connection.requestBytes),
      responseBytes: this.#responseBytes + sum((connection) => connection.responseBytes),
      heldBytes: sum((connection) => connection.heldBytes),
      unreachable: this.#unreachable,
      faults: { ...this.#counts },
    }
  }

  toString(): string {
    const { connections, open, requestBytes, responseBytes, faults } = this.statistics()
    const done = Object.entries(faults).flatMap(([fault, count]) =>
      count > 0 ? [`${count} × ${fault}`] : [],
    )
    const mistake = this.#mistake === undefined ? '' : `. ${this.#mistake.message}`
    return (
      `faultProxy with seed ${this.seed}: ${connections} connections (${open} open), ` +
      `${requestBytes} bytes of requests and ${responseBytes} of responses, faults: ${done.join(', ') || 'none'}${mistake}`
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const closed = this.#listener.close()
    for (const connection of this.#connections) connection.destroy()
    await closed
    if (this.#mistake !== undefined) throw this.#mistake
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #accept(client: Socket): void {
    const index = this.#count++
    const seed = forkedSeed(this.seed, index)
    const faults = this.#of('faults', index, () => this.#plan(index, seed))
    const targets = this.#of('target', index, () => this.#targets.forConnection())
    if (faults === undefined || targets === undefined) {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const { clock = systemClock, bufferBytes = 65_536 } = this.#options
    const connection = new ProxiedConnection(client, {
      index,
      faults,
      seed,
      clock,
      bufferBytes,
      targets,
      passedOver: () => this.#targets.passedOver(),
      takeLoss: () => {
        const loss = this.#loss
        this.#loss = undefined
        return loss
      },
      observe: (happening) => this.#observed(happening),
    })
    this.#connections.add(connection)
    connection.start()
  }

  #plan(index: number, seed: number): ConnectionFaults {
    const faults = faultsOf(this.#faults, { index, random: seeded(forkedSeed(seed, 0)) })
    checkFaults(faults)
    return faults
  }

  /** Nothing when the option itself is broken: nobody waits for a connection here, so the mistake is told when the proxy is closed. */
  #of<Value>(field: 'faults' | 'target', index: number, value: () => Value): Value | undefined {
    try {
      return value()
    } catch (cause) {
      const what = field === 'faults' ? 'plan of faults' : 'target'
      this.#mistake ??= testingError(
        'invalid-option',
        `The ${what} failed for connection ${index} (seed ${this.seed}): ${cause instanceof Error ? cause.message : cause}`,
        { field, cause },
      )
      return undefined
    }
  }

  #observed(happening: ProxyHappening): void {
    if (happening.type === 'fault') this.#counts[happening.fault]++
    if (happening.type === 'unreachable') this.#unreachable++
    if (happening.type === 'closed') {
      const { connection } = happening
      this.#connections.delete(connection as ProxiedConnection)
      this.#requestBytes += connection.requestBytes
      this.#responseBytes += connection.responseBytes
    }
    this.#options.observe?.(happening)
  }
}

function refuseUnlessInteger(field: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw testingError(
    'invalid-option',
    `The ${field} must be a whole number from ${min} to ${max}, but it is ${value}.`,
    {
      field,
    },
  )
}
