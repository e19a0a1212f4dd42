import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerProcess } from '../../packages/server/test/brokers/broker-process.ts'
import { Child } from '../harness/child-process.ts'
import type { Percentiles } from '../server/load/latencies.ts'
import type { LoadProcess } from '../server/load/load-process.ts'
import type { Notice } from '../server/load/readers.ts'
import type { Published } from '../server/publisher.ts'
import type { Arrangement } from './arrangement.ts'
import type { ServerProcess } from './server-process.ts'

/** How far the publisher may be ahead of the slowest reader, in events, and how often the readers say where they are. */
export const WINDOW = 128
const REPORT_EVERY = WINDOW / 4

interface Pair {
  readonly server: Child<ServerProcess>
  readonly load: Child<LoadProcess>
  /** What all its readers have. */
  received: number
}

export interface Delivered {
  readonly deliveries: number
  readonly seconds: number
  /** Of all server processes; not of the broker. */
  readonly serverCpuMicros: number
}

let logs = 0

/** The servers of one arrangement, each with clients of its own, and their broker. The first server publishes. */
export class Site implements AsyncDisposable {
  readonly broker: BrokerProcess | undefined
  readonly log: string
  readonly #pairs: readonly Pair[]
  readonly #stack: AsyncDisposableStack
  readonly #failed = Promise.withResolvers<never>()
  #clients = 0

  private constructor(
    broker: BrokerProcess | undefined,
    log: string,
    pairs: readonly Pair[],
    stack: AsyncDisposableStack,
  ) {
    this.broker = broker
    this.log = log
    this.#pairs = pairs
    this.#stack = stack
    for (const pair of pairs) pair.load.onNotice = (notice) => this.#take(pair, notice as Notice)
    this.#failed.promise.catch(() => {})
  }

  static async open(
    { broker: name, processes }: Arrangement,
    clients: number,
    retained = 10_000,
  ): Promise<Site> {
    await using opening = new AsyncDisposableStack()
    const broker =
      name && opening.use(await (name === 'redis' ? BrokerProcess.redis() : BrokerProcess.nats()))
    const log = `bench-${logs++}`
    const pairs: Pair[] = []
    for (let n = 0; n < processes; n++) {
      const server = opening.use(
        new Child<ServerProcess>(new URL('./server-process.ts', import.meta.url), []),
      )
      const load = opening.use(
        new Child<LoadProcess>(new URL('../server/load/load-process.ts', import.meta.url), []),
      )
      const port = await server.call('open', { broker: name, brokerPort: broker?.port ?? 0, log, retained })
      pairs.push({ server, load, received: 0 })
      const share = clients / processes
      if (share === 0) continue
      await load.call('connect', { port, clients: share, stalled: 0, reportEvery: REPORT_EVERY })
      while ((await server.call('countClients')) < share) await sleep(1)
    }
    const site = new Site(broker, log, pairs, opening.move())
    site.#clients = clients
    return site
  }

  get publisher(): Child<ServerProcess> {
    return (this.#pairs[0] as Pair).server
  }

  /** From the first event published to the last one received by everybody. */
  async deliver(publish: () => Promise<Published>): Promise<Delivered> {
    const before = await this.#cpuMicros()
    const { total, events, startedAt } = await Promise.race([publish(), this.#failed.promise])
    const receipts = await Promise.all(this.#pairs.map(({ load }) => load.call('receive', total)))
    const finishedAt = Math.max(...receipts.map((receipt) => receipt.finishedAt))
    return {
      deliveries: events * this.#clients,
      seconds: (finishedAt - startedAt) / 1e6,
      serverCpuMicros: (await this.#cpuMicros()) - before,
    }
  }

  async clearLatencies(): Promise<void> {
    for (const { load } of this.#pairs) await load.call('clearLatencies')
  }

  /** Of the process whose clients have the longer ones. */
  async latencies(): Promise<Percentiles> {
    const all = await Promise.all(this.#pairs.map(({ load }) => load.call('latencies')))
    const worst = (of: (one: Percentiles) => number): number => Math.max(...all.map(of))
    return {
      p50Ms: worst(({ p50Ms }) => p50Ms),
      p99Ms: worst(({ p99Ms }) => p99Ms),
      maxMs: worst(({ maxMs }) => maxMs),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #cpuMicros(): Promise<number> {
    const all = await Promise.all(this.#pairs.map(({ server }) => server.call('cpuMicros')))
    return all.reduce((sum, micros) => sum + micros, 0)
  }

  #take(pair: Pair, notice: Notice): void {
    if ('fault' in notice) return this.#failed.reject(new Error(notice.fault))
    pair.received = notice.received
    void this.publisher
      .call('report', Math.min(...this.#pairs.map(({ received }) => received)))
      .catch(() => {})
  }
}
