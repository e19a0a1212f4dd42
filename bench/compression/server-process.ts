import { answerCalls } from '../harness/answer-calls.ts'
import type { ContenderServer } from '../server/contenders/contender.ts'
import { cpuMicros, type Memory, readMemoryOfLiving } from '../server/process-usage.ts'
import { type Published, Publisher, type PublishingPlan, type RatePlan } from '../server/publisher.ts'
import { CONTENDERS, type ContenderKey } from './contenders/all-contenders.ts'
import { jsonEvent } from './json-event.ts'

/** Longer than anything is measured: pings are armed, and none goes out. */
const PING_INTERVAL_MS = 600_000

/** A process with one contender in it. */
class ServerProcess {
  readonly #server: Promise<ContenderServer>
  #publisher: Publisher | undefined

  constructor(contender: ContenderKey) {
    const serving = { pingIntervalMs: PING_INTERVAL_MS, greeting: [] }
    this.#server = CONTENDERS[contender].load().then((serve) => serve(serving))
  }

  /** Returns the port. */
  async listen(): Promise<number> {
    const server = await this.#server
    this.#publisher = new Publisher(server, jsonEvent)
    return server.port
  }

  async publish(plan: PublishingPlan): Promise<Published> {
    return (this.#publisher as Publisher).publish(plan)
  }

  async publishAtRate(plan: RatePlan): Promise<Published> {
    return (this.#publisher as Publisher).publishAtRate(plan)
  }

  /** All readers have this many events. */
  report(events: number): void {
    this.#publisher?.report(events)
  }

  async countClients(): Promise<number> {
    return (await this.#server).countClients()
  }

  cpuMicros(): number {
    return cpuMicros(undefined)
  }

  memory(): Memory {
    return readMemoryOfLiving(undefined)
  }
}

export type { ServerProcess }

answerCalls<ServerProcess>(new ServerProcess(process.argv[2] as ContenderKey))
