import { answerCalls } from '../harness/answer-calls.ts'
import { CONTENDERS, type ContenderKey } from './contenders/all-contenders.ts'
import type { ContenderServer, ServingOptions } from './contenders/contender.ts'
import { cpuMicros, type Memory, readMemory, readMemoryOfLiving } from './process-usage.ts'
import { type ProfiledFunction, ProfiledTime } from './profiled-time.ts'
import { type Published, Publisher, type PublishingPlan, type RatePlan } from './publisher.ts'

/** How often a growing process is looked at. */
const WATCH_EVERY_MS = 20

interface Running {
  readonly server: ContenderServer
  readonly publisher: Publisher
}

/** A process with one contender in it. */
class ServerProcess {
  readonly #contender: ContenderKey
  #running: Running | undefined
  #profiled: ProfiledTime | undefined
  #watch: NodeJS.Timeout | undefined
  #peakRssBytes = 0

  constructor(contender: ContenderKey) {
    this.#contender = contender
  }

  /** Returns the port. */
  async listen(options: ServingOptions): Promise<number> {
    const { serve } = await CONTENDERS[this.#contender].load()
    const server = await serve(options)
    this.#running = { server, publisher: new Publisher(server) }
    return server.port
  }

  publish(plan: PublishingPlan): Promise<Published> {
    return this.#started.publisher.publish(plan)
  }

  publishAtRate(plan: RatePlan): Promise<Published> {
    return this.#started.publisher.publishAtRate(plan)
  }

  /** All readers have this many events. */
  report(events: number): void {
    this.#started.publisher.report(events)
  }

  countClients(): number | Promise<number> {
    return this.#started.server.countClients()
  }

  /** Connections that this process still has open, whoever has forgotten them. A contender of another process tells none. */
  countSockets(): number {
    if (this.#started.server.pid !== undefined) return 0
    return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  }

  cpuMicros(): number {
    return cpuMicros(this.#started.server.pid)
  }

  memory(): Memory {
    return readMemoryOfLiving(this.#started.server.pid)
  }

  /** From now on the peak is watched. */
  watchMemory(): void {
    const look = (): void => {
      this.#peakRssBytes = Math.max(this.#peakRssBytes, readMemory(this.#started.server.pid).rssBytes)
    }
    this.#watch = setInterval(look, WATCH_EVERY_MS)
    look()
  }

  peakRssBytes(): number {
    clearInterval(this.#watch)
    return this.#peakRssBytes
  }

  async startProfile(): Promise<void> {
    this.#profiled = await ProfiledTime.start()
  }

  /** The functions in which most time was spent. */
  async stopProfile(count: number): Promise<readonly ProfiledFunction[]> {
    return (await this.#profiled?.stop(count)) ?? []
  }

  async close(): Promise<void> {
    await this.#running?.server.close?.()
  }

  get #started(): Running {
    if (this.#running === undefined) throw new Error('Call listen first.')
    return this.#running
  }
}

export type { ServerProcess }

const served = new ServerProcess(process.argv[2] as ContenderKey)
answerCalls<ServerProcess>(served, () => served.close())
