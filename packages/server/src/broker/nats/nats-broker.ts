import {
  JetStreamApiError,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  type StreamConfig,
} from '@nats-io/jetstream'
import { type Clock, systemClock } from '@sse/core'
import { checkDuration, serverError } from '../../errors.ts'
import type { Broker, BrokerEvent, BrokerFollower, BrokerPlace, BrokerReading } from '../broker.ts'
import { brokerRefused, brokerUnavailable, publishUnknown } from '../errors.ts'
import { delay, LONGEST_PAUSE_MS, retryDelay, Turns, within } from '../waiting.ts'
import { NatsFollower } from './nats-follower.ts'
import { type NatsConnection, NatsLink } from './nats-link.ts'
import { NatsLog } from './nats-log.ts'

export interface NatsBrokerOptions {
  /** The name of the JetStream stream. */
  readonly stream: string
  /** The subject of this log, without wildcards. Many logs may share a stream, each with a subject of its own. */
  readonly subject: string
  /**
   * How the stream is made where there is none: its subjects, replicas, storage, limits and duplicate window. `false`: it must be there. Default: it has
   * this one subject, lies in files, and retains 100,000 messages of each subject.
   */
  readonly create?: Partial<StreamConfig> | false | undefined
  /** How long `publish` waits for the server, trying again, before it rejects. Keep it below half the duplicate window. Default 5,000 ms. */
  readonly publishTimeoutMs?: number | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
}

/**
 * A log in NATS JetStream, for `new Channel(events, { broker })`. Server 2.9 or newer.
 *
 * `connection` is yours, or the promise of it. Connect with `maxReconnectAttempts: -1`, so that it outlasts any outage, and with a short `timeout`: a
 * reconnection that breaks off in its handshake waits for it, 20 seconds by default. Each log is followed by a consumer of its own. A `dedupeKey` is remembered for the duplicate window of the stream.
 *
 * @throws SseError `invalid-option`
 */
export function natsBroker(
  connection: NatsConnection | Promise<NatsConnection>,
  options: NatsBrokerOptions,
): Broker {
  return new NatsBroker(connection, options)
}

/** A server that has just started may let a request go unanswered. It is then asked again. */
const REQUEST_TIMEOUT_MS = 1_000

class NatsBroker implements Broker {
  readonly #link: Promise<NatsLink>
  readonly #jetstream: Promise<JetStreamClient>
  readonly #log: Promise<NatsLog>
  readonly #stream: string
  readonly #subject: string
  readonly #publishTimeoutMs: number
  readonly #clock: Clock
  readonly #publisher = crypto.randomUUID()
  #published = 0
  readonly #turns = new Turns()
  #connected: NatsLink | undefined
  /** The life of the stream, as far as that is known for certain. */
  #epoch: string | undefined

  constructor(connection: NatsConnection | Promise<NatsConnection>, options: NatsBrokerOptions) {
    const { stream, subject, create = {}, publishTimeoutMs = 5_000, clock = systemClock } = options
    this.#stream = checkName('stream', stream, /^[^\s.*>/\\]+$/)
    this.#subject = checkName('subject', subject, /^[^\s*>.]+(\.[^\s*>.]+)*$/)
    this.#publishTimeoutMs = checkDuration('publishTimeoutMs', publishTimeoutMs)
    this.#clock = clock
    const connecting = Promise.resolve(connection)
    this.#link = connecting.then((connected) => {
      this.#connected = NatsLink.of(connected)
      return this.#connected
    })
    this.#jetstream = connecting.then((connected) => jetstream(connected))
    const defaults = { max_msgs_per_subject: 100_000, ...(create === false ? {} : create) }
    this.#log = connecting.then(async (connected) => {
      const manager = await jetstreamManager(connected, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS })
      return new NatsLog(jetstream(connected), manager, stream, subject, create === false ? false : defaults)
    })
    // Who publishes, reads or follows is told of it.
    for (const promise of [this.#link, this.#jetstream, this.#log]) promise.catch(() => {})
  }

  async publish({ payload, dedupeKey }: BrokerEvent): Promise<BrokerPlace> {
    // The server drops a message whose id it has taken within the duplicate window, and answers with the sequence of the first.
    const own = `${this.#publisher}:${++this.#published}`
    const msgID = `${this.#subject}:${dedupeKey === undefined ? own : `key:${dedupeKey}`}`
    const timeoutMs = this.#publishTimeoutMs
    const deadline = this.#clock.now() + timeoutMs
    const begun = await this.#turns.take()
    let mayBeDone = false
    let failure: unknown
    for (let tries = 0; ; tries++) {
      const left = Math.max(1, deadline - this.#clock.now())
      let sent = false
      if (this.#connected?.connected) {
        try {
          const link = this.#connected
          const [client, epoch] = await within(this.#clock, left, link.during(this.#ready()), late)
          const timeout = Math.min(REQUEST_TIMEOUT_MS, Math.ceil(Math.max(1, deadline - this.#clock.now())))
          const answer = client.publish(this.#subject, payload, {
            msgID,
            timeout,
            expect: { streamName: this.#stream },
          })
          sent = true
          begun()
          const { seq } = await within(this.#clock, timeout, link.during(answer), late)
          return { epoch, position: String(seq) }
        } catch (error) {
          failure = error
          const refused = error instanceof JetStreamApiError || isTooLarge(error)
          if (refused && !passes(error)) {
            begun()
            throw mayBeDone ? publishUnknown(timeoutMs, error) : brokerRefused(error)
          }
          mayBeDone ||= sent && !refused && !nobodyListens(error)
        }
      }
      const waitMs = Math.min(retryDelay(tries), LONGEST_PAUSE_MS, deadline - this.#clock.now())
      if (waitMs <= 0) break
      await delay(this.#clock, waitMs)
    }
    begun()
    throw mayBeDone ? publishUnknown(timeoutMs, failure) : brokerUnavailable(timeoutMs, failure)
  }

  async read(after: string | undefined, limit: number): Promise<BrokerReading> {
    const [log, link] = await Promise.all([this.#log, this.#link])
    return link.during(log.read(after === undefined ? undefined : Number(after), limit))
  }

  isPosition(text: string): boolean {
    return /^(0|[1-9]\d{0,14})$/.test(text)
  }

  follow(follower: BrokerFollower, backlog: number): () => void {
    let epoch: string | undefined
    const noting: BrokerFollower = {
      begin: (page) => {
        epoch = this.#epoch = page.epoch
        follower.begin(page)
      },
      append: (records) => follower.append(records),
      interrupted: (error) => {
        // The stream may be another one by the time that it is there again.
        this.#epoch = undefined
        follower.interrupted(error)
      },
      recovered: () => {
        this.#epoch = epoch
        follower.recovered()
      },
    }
    const following = new NatsFollower(this.#log, this.#link, noting, backlog, this.#clock)
    return () => following.stop()
  }

  /** The stream is there, and this is its life. */
  async #ready(): Promise<[client: JetStreamClient, epoch: string]> {
    this.#epoch ??= (await (await this.#log).state()).epoch
    return [await this.#jetstream, this.#epoch]
  }
}

const late = (): Error => new Error('JetStream has not answered in time.')

/** Whether a refusal passes by itself: there is no leader yet, or the server is short of something for now. */
function passes(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === 503
}

/** Past `max_payload`, of which the client knows. */
function isTooLarge(error: unknown): boolean {
  return error instanceof Error && error.name === 'InvalidArgumentError'
}

/** The server is there, but nothing on it has taken the message: JetStream is not up yet, or the stream not made. */
function nobodyListens(error: unknown): boolean {
  return error instanceof Error && error.name === 'JetStreamNotEnabled'
}

function checkName(option: string, value: unknown, form: RegExp): string {
  if (typeof value === 'string' && form.test(value)) return value
  throw serverError(
    'invalid-option',
    `${option} must be a name for NATS without wildcards, but it is ${String(value)}.`,
    {
      field: option,
    },
  )
}
