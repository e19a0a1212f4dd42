import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../harness/child-process.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import type { ServingOptions } from './contenders/contender.ts'
import type { LoadProcess } from './load/load-process.ts'
import type { Notice } from './load/readers.ts'
import { machineCpuMicros, shareOfMachine } from './machine-load.ts'
import type { Published, PublishingPlan, RatePlan } from './publisher.ts'
import { countSentPackets } from './sent-packets.ts'
import type { ServerProcess } from './server-process.ts'

/** Longer than anything is measured, so that no ping goes out meanwhile; and short enough to be a real setting. */
const PING_INTERVAL_MS = 600_000
/** How long a server has to know of the clients that have come, or gone. */
const PATIENCE_MS = 60_000

/** How far the publisher may be ahead of the slowest reader, in events, and how often the readers say where they are. */
export const WINDOW = 128
const REPORT_EVERY = WINDOW / 4

export interface AudiencePlan {
  readonly clients: number
  readonly stalled?: number
}

/** What one run of publishing took, from the first event published to the last one received by everybody. */
export interface Delivery {
  /** To all clients together. */
  readonly deliveries: number
  readonly events: number
  readonly seconds: number
  /** Of the server's process. */
  readonly serverCpuMicros: number
  /** Of the readers' process: near the seconds it took, it was busy all the time. */
  readonly readerCpuMicros: number
  /** See `countSentPackets`. */
  readonly packets: number
  /** Part of the machine that all other processes had meanwhile: what was not ours to measure with. */
  readonly othersShare: number
}

/** One contender in a process of its own, and its clients in another. */
export class Stage implements AsyncDisposable {
  readonly server: Child<ServerProcess>
  readonly load: Child<LoadProcess>
  readonly port: number
  #readers = 0
  readonly #failed = Promise.withResolvers<never>()

  private constructor(server: Child<ServerProcess>, load: Child<LoadProcess>, port: number) {
    this.server = server
    this.load = load
    this.port = port
    load.onNotice = (notice) => this.#take(notice as Notice)
    // Nobody may be waiting for it.
    this.#failed.promise.catch(() => {})
  }

  static async open(contender: ContenderKey, greeting: ServingOptions['greeting'] = []): Promise<Stage> {
    await using starting = new AsyncDisposableStack()
    const server = starting.use(
      new Child<ServerProcess>(new URL('./server-process.ts', import.meta.url), [contender]),
    )
    const load = starting.use(new Child<LoadProcess>(new URL('./load/load-process.ts', import.meta.url), []))
    const port = await server.call('listen', { pingIntervalMs: PING_INTERVAL_MS, greeting })
    // From here on it is the stage that ends them.
    starting.move()
    return new Stage(server, load, port)
  }

  /** Settles when the server knows all of its clients. */
  async connect({ clients, stalled = 0 }: AudiencePlan): Promise<void> {
    await this.load.call('connect', { port: this.port, clients, stalled, reportEvery: REPORT_EVERY })
    await this.#untilServerKnowsOf(clients)
    this.#readers = clients - stalled
  }

  /** All clients leave. Settles when the server knows it. */
  async leave(): Promise<void> {
    await this.load.call('leave')
    await this.#untilServerKnowsOf(0)
  }

  publish(plan: PublishingPlan): Promise<Delivery> {
    return this.#deliver(() => this.server.call('publish', plan))
  }

  publishAtRate(plan: RatePlan): Promise<Delivery> {
    return this.#deliver(() => this.server.call('publishAtRate', plan))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First the clients: a server must not die of those that break off.
    await this.load[Symbol.asyncDispose]()
    await this.server[Symbol.asyncDispose]()
  }

  async #deliver(publish: () => Promise<Published>): Promise<Delivery> {
    const [serverBefore, readerBefore] = await this.#cpuMicros()
    const [packetsBefore, machineBefore] = [countSentPackets(), machineCpuMicros()]
    const askedAt = performance.now()
    // If a reader fails, the publisher would wait for its report for ever.
    const { total, events, startedAt } = await Promise.race([publish(), this.#failed.promise])
    const { finishedAt } = await this.load.call('receive', total)
    const [packets, machineCpu] = [countSentPackets() - packetsBefore, machineCpuMicros() - machineBefore]
    const askedFor = (performance.now() - askedAt) / 1e3
    const [serverAfter, readerAfter] = await this.#cpuMicros()
    const [serverCpuMicros, readerCpuMicros] = [serverAfter - serverBefore, readerAfter - readerBefore]
    return {
      deliveries: events * this.#readers,
      events,
      seconds: (finishedAt - startedAt) / 1e6,
      serverCpuMicros,
      readerCpuMicros,
      packets,
      othersShare: shareOfMachine(machineCpu - serverCpuMicros - readerCpuMicros, askedFor),
    }
  }

  #cpuMicros(): Promise<[number, number]> {
    return Promise.all([this.server.call('cpuMicros'), this.load.call('cpuMicros')])
  }

  async #untilServerKnowsOf(clients: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const known = await this.server.call('countClients')
      if (known === clients) return
      if (performance.now() > deadline)
        throw new Error(`The server knows of ${known} clients instead of ${clients}.`)
      await sleep(10)
    }
  }

  #take(notice: Notice): void {
    if ('fault' in notice) this.#failed.reject(new Error(notice.fault))
    // A server that has ended fails what waits for it, and need not fail this too.
    else this.server.call('report', notice.received).catch(() => {})
  }
}
