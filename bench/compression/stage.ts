import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../harness/child-process.ts'
import type { Published, PublishingPlan } from '../server/publisher.ts'
import { CONTENDERS, type ContenderKey } from './contenders/all-contenders.ts'
import type { LoadProcess, Notice } from './load-process.ts'
import type { ServerProcess } from './server-process.ts'

/** How far the publisher may be ahead of the reader that reports, in events, and how often that one says where it is. */
const WINDOW = 64
const REPORT_EVERY = WINDOW / 4
const PATIENCE_MS = 60_000

/** What a run of publishing took. */
export interface Cost {
  readonly bytesPerDelivery: number
  /** Of the server's process. */
  readonly cpuMicrosPerDelivery: number
}

/** One contender in a process of its own, and its clients in another. */
export class Stage implements AsyncDisposable {
  readonly #contender: ContenderKey
  readonly #server: Child<ServerProcess>
  readonly #load: Child<LoadProcess>
  #clients = 0
  readonly #failed = Promise.withResolvers<never>()

  constructor(contender: ContenderKey) {
    this.#contender = contender
    this.#server = new Child<ServerProcess>(new URL('./server-process.ts', import.meta.url), [contender])
    this.#load = new Child<LoadProcess>(new URL('./load-process.ts', import.meta.url), [])
    this.#load.onNotice = (notice) => this.#take(notice as Notice)
    // Nobody may be waiting for it.
    this.#failed.promise.catch(() => {})
  }

  async connect(clients: number): Promise<void> {
    const port = await this.#server.call('listen')
    const { gzip } = CONTENDERS[this.#contender]
    await this.#orFailed(this.#load.call('connect', { port, clients, gzip, reportEvery: REPORT_EVERY }))
    this.#clients = clients
    for (const deadline = performance.now() + PATIENCE_MS; ; await sleep(10)) {
      const known = await this.#server.call('countClients')
      if (known === clients) return
      if (performance.now() > deadline) throw new Error(`The server knows of ${known} clients.`)
    }
  }

  /** One event a turn of the event loop, as fast as the last reader reads and checks them. */
  async publish(events: number, dataLength: number): Promise<Cost> {
    const plan: PublishingPlan = {
      dataLength,
      burst: 1,
      window: WINDOW,
      maxEvents: events,
      maxMs: PATIENCE_MS,
    }
    const [cpuBefore, bytesBefore] = await this.#usage()
    const published: Published = await this.#orFailed(this.#server.call('publish', plan))
    await this.#orFailed(this.#load.call('arrive', published.total))
    const [cpuAfter, bytesAfter] = await this.#usage()
    await this.#orFailed(this.#load.call('receive', published.total))
    const deliveries = published.events * this.#clients
    return {
      bytesPerDelivery: (bytesAfter - bytesBefore) / deliveries,
      cpuMicrosPerDelivery: (cpuAfter - cpuBefore) / deliveries,
    }
  }

  /** Resident memory of the server's process, after full collections, in MB (1,000,000 bytes). */
  async memoryMb(): Promise<number> {
    return (await this.#server.call('memory')).rssBytes / 1e6
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First the clients: a server must not die of those that break off.
    await this.#load[Symbol.asyncDispose]()
    await this.#server[Symbol.asyncDispose]()
  }

  #usage(): Promise<[number, number]> {
    return Promise.all([this.#server.call('cpuMicros'), this.#load.call('bytes')])
  }

  #orFailed<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#failed.promise])
  }

  #take(notice: Notice): void {
    if ('fault' in notice) this.#failed.reject(new Error(notice.fault))
    else this.#server.call('report', notice.received).catch(() => {})
  }
}
