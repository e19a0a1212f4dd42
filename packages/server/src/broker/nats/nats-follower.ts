import type { Clock } from '@sse/core'
import type { BrokerFollower } from '../broker.ts'
import { retryDelay } from '../waiting.ts'
import type { NatsLink } from './nats-link.ts'
import { type NatsLog, toRecord } from './nats-log.ts'

/** What ends a round: the server has forgotten the consumer, or does not speak any more. */
const ENDS_ROUND: readonly string[] = [
  'heartbeats_missed',
  'consumer_not_found',
  'consumer_deleted',
  'stream_not_found',
  'no_responders',
]

/** Follows one log: reads its end, then what comes, by one consumer after the other. */
export class NatsFollower {
  readonly #log: Promise<NatsLog>
  readonly #link: Promise<NatsLink>
  readonly #follower: BrokerFollower
  readonly #backlog: number
  readonly #clock: Clock
  #stopped = false
  #interrupted = false
  #epoch: string | undefined
  #alone = false
  /** Everything up to here was handed over, or is of other subjects. */
  #upTo = 0
  #endRound: (() => void) | undefined
  #unwatch: (() => void) | undefined

  constructor(
    log: Promise<NatsLog>,
    link: Promise<NatsLink>,
    follower: BrokerFollower,
    backlog: number,
    clock: Clock,
  ) {
    this.#log = log
    this.#link = link
    this.#follower = follower
    this.#backlog = backlog
    this.#clock = clock
    void this.#run()
  }

  stop(): void {
    this.#stopped = true
    this.#unwatch?.()
    this.#endRound?.()
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stopped) {
      try {
        await this.#watch()
        await this.#open()
        failures = 0
        await this.#round()
      } catch (error) {
        this.#tellInterrupted(error)
        await this.#pause(retryDelay(failures++))
      }
    }
  }

  async #watch(): Promise<void> {
    if (this.#unwatch !== undefined) return
    const link = await this.#link
    if (this.#stopped) return
    this.#unwatch = link.watch((connected) => {
      if (!connected) this.#tellInterrupted(new Error('The connection to NATS is lost.'))
      // Also when it is back: the server may be another one, or have forgotten who follows.
      this.#endRound?.()
    })
  }

  /** Waits this long, or until the connection is there again. */
  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(resolve, pauseMs)
      this.#endRound = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Finds out where the log is now. */
  async #open(): Promise<void> {
    const [log, link] = await Promise.all([this.#log, this.#link])
    const { epoch, first, last, alone } = await link.during(log.state())
    this.#alone = alone
    const goesOn = epoch === this.#epoch && this.#upTo <= last && this.#upTo >= first - 1
    if (!goesOn) {
      const page = await link.during(log.readEnd(this.#backlog))
      if (this.#stopped) return
      this.#epoch = page.epoch
      this.#upTo = page.upTo
      this.#follower.begin(page)
    } else if (this.#interrupted) this.#follower.recovered()
    this.#interrupted = false
  }

  async #round(): Promise<void> {
    if (this.#stopped) return
    const messages = await (await this.#link).during((await this.#log).follow(this.#upTo + 1))
    this.#endRound = () => messages.stop()
    if (this.#stopped) return messages.stop()
    void endOnTrouble(messages)
    let delivered = 0
    try {
      for await (const message of messages) {
        if (this.#stopped) break
        // One got lost between the server and here: begin again behind the last that came.
        if (message.info.deliverySequence !== ++delivered) break
        if (message.seq > this.#upTo + 1 && (await this.#wasOvertaken())) break
        this.#upTo = message.seq
        this.#follower.append([toRecord(message)])
      }
    } finally {
      this.#endRound = undefined
      messages.stop()
    }
  }

  /**
   * Whether the stream has dropped what should have come next, because the reading was slower than its limits: the log then begins anew.
   * Where several logs share a stream, the sequences in between are mostly of the others, and nobody can say.
   */
  async #wasOvertaken(): Promise<boolean> {
    if (!this.#alone) return false
    const [log, link] = await Promise.all([this.#log, this.#link])
    const { first } = await link.during(log.state())
    return first > this.#upTo + 1
  }

  #tellInterrupted(error: unknown): void {
    if (this.#stopped || this.#interrupted) return
    this.#interrupted = true
    this.#follower.interrupted(error)
  }
}

type Messages = Awaited<ReturnType<NatsLog['follow']>>

async function endOnTrouble(messages: Messages): Promise<void> {
  for await (const { type } of messages.status()) if (ENDS_ROUND.includes(type)) messages.stop()
}
