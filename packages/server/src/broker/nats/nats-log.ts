import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream'
import { serverError } from '../../errors.ts'
import type { BrokerPage, BrokerReading, BrokerRecord } from '../broker.ts'

/** Where one subject of a stream is. */
export interface SubjectState {
  readonly epoch: string
  /** The oldest sequence that the stream retains, of whatever subject. */
  readonly first: number
  /** The last sequence that the stream gave, to whatever subject. */
  readonly last: number
  /** How many messages of the subject there are. */
  readonly count: number
  /** How many there may be; `Infinity` where that is not what bounds them. */
  readonly most: number
  /** Whether the stream has no other subject, so that a sequence that is missing was one of its own. */
  readonly alone: boolean
}

/** How long a consumer that nobody reads from any more is kept by the server. */
const INACTIVE_NS = 30 * 1e9
const FETCH_MS = 5_000

/** One subject of a stream, read by sequences. */
export class NatsLog {
  readonly #jetstream: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #stream: string
  readonly #subject: string
  readonly #create: Partial<StreamConfig> | false

  constructor(
    jetstream: JetStreamClient,
    manager: JetStreamManager,
    stream: string,
    subject: string,
    create: Partial<StreamConfig> | false,
  ) {
    this.#jetstream = jetstream
    this.#manager = manager
    this.#stream = stream
    this.#subject = subject
    this.#create = create
  }

  /** Makes the stream if it is not there. */
  async state(): Promise<SubjectState> {
    const { created, state, config } = await this.#info()
    const most = config.max_msgs_per_subject
    return {
      epoch: epochOf(created),
      // An empty stream says 0.
      first: Math.max(1, state.first_seq),
      last: state.last_seq,
      count: state.subjects?.[this.#subject] ?? 0,
      most: most > 0 ? most : Number.POSITIVE_INFINITY,
      alone: config.subjects.length === 1 && config.subjects[0] === this.#subject,
    }
  }

  /** Up to `limit` messages from this sequence on. */
  async readFrom(sequence: number, limit: number): Promise<BrokerRecord[]> {
    const records: BrokerRecord[] = []
    const { name, pending } = await this.#consumer(sequence)
    const wanted = Math.min(limit, pending)
    if (wanted > 0) {
      const consumer = await this.#jetstream.consumers.get(this.#stream, name)
      const messages = await consumer.fetch({ max_messages: wanted, expires: FETCH_MS })
      for await (const message of messages) records.push(toRecord(message))
      if (records.length < wanted) throw new Error(`JetStream gave ${records.length} of ${wanted} messages.`)
    }
    // If that fails, the server deletes it when it has been idle for a while.
    this.#manager.consumers.delete(this.#stream, name).catch(() => {})
    return records
  }

  /**
   * The last `backlog` messages, or all that there are, and the sequence up to which nothing else is of this subject. Between them there may be those of other
   * subjects, so it goes back further and further until there are enough.
   */
  async readEnd(backlog: number): Promise<BrokerPage & { readonly upTo: number }> {
    const { epoch, first, last, count } = await this.state()
    const wanted = Math.min(backlog, count)
    let records: BrokerRecord[] = []
    for (let window = wanted; records.length < wanted; window *= 4) {
      const from = Math.max(first, last - window + 1)
      records = await this.readFrom(from, Number.POSITIVE_INFINITY)
      // Some may have been dropped since they were counted.
      if (from === first) break
    }
    if (records.length > wanted) records = records.slice(records.length - wanted)
    const [oldest] = records
    const upTo = Math.max(last, Number(records.at(-1)?.position ?? 0))
    return {
      epoch,
      before: oldest === undefined ? String(last) : String(Number(oldest.position) - 1),
      records,
      upTo,
    }
  }

  /** The messages from this sequence on, as they come, until `messages.stop()`. */
  async follow(
    sequence: number,
  ): Promise<Awaited<ReturnType<Awaited<ReturnType<JetStreamClient['consumers']['get']>>['consume']>>> {
    const { name } = await this.#consumer(sequence)
    const consumer = await this.#jetstream.consumers.get(this.#stream, name)
    return consumer.consume({ max_messages: 500, expires: 10_000, idle_heartbeat: 2_500 })
  }

  /** Whether a sequence is that of a message of this subject. */
  async has(sequence: number): Promise<boolean> {
    const message = await this.#manager.streams
      .getMessage(this.#stream, { seq: sequence })
      .catch((error: unknown) => {
        if (codeOf(error) === JetStreamApiCodes.NoMessageFound) return null
        throw error
      })
    return message?.subject === this.#subject
  }

  async read(after: number | undefined, limit: number): Promise<BrokerReading> {
    const state = await this.state()
    const from = after === undefined ? state.first : after + 1
    const { epoch, last } = state
    if (after !== undefined && after > last)
      return { ...(await this.read(undefined, limit)), lost: 'unknown-id' }
    const records = await this.readFrom(from, limit)
    const next = records[0] === undefined ? undefined : Number(records[0].position)
    if (after === undefined) return { epoch, before: String((next ?? last + 1) - 1), records }
    if (await this.#followsOn(after, next, state)) return { epoch, before: String(after), records }
    return { epoch, before: String((next ?? last + 1) - 1), records, lost: 'evicted' }
  }

  /**
   * Whether nothing of this subject was dropped between a sequence and what comes next. Sequences are those of the stream, so a hole between two messages
   * of one subject says nothing; but a subject that has fewer messages than it may have has lost none to that bound.
   */
  async #followsOn(
    after: number,
    next: number | undefined,
    { first, count, most }: SubjectState,
  ): Promise<boolean> {
    if (after + 1 === next) return true
    return after >= first - 1 && (count < most || (await this.has(after)))
  }

  async #consumer(sequence: number): Promise<{ name: string; pending: number }> {
    const { name, num_pending: pending } = await this.#manager.consumers.add(this.#stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, sequence),
      filter_subject: this.#subject,
      inactive_threshold: INACTIVE_NS,
      mem_storage: true,
      num_replicas: 1,
    })
    return { name, pending }
  }

  async #info(): Promise<StreamInfo> {
    const { streams } = this.#manager
    const options = { subjects_filter: this.#subject }
    try {
      return await streams.info(this.#stream, options)
    } catch (error) {
      if (codeOf(error) !== JetStreamApiCodes.StreamNotFound || this.#create === false) throw error
    }
    await streams.add({ subjects: [this.#subject], ...this.#create, name: this.#stream })
    return streams.info(this.#stream, options)
  }
}

export function toRecord(message: JsMsg): BrokerRecord {
  return { position: String(message.seq), payload: message.string(), publishedAt: message.time.getTime() }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined
}

/** The life of a stream is named by when it was made: its sequences begin anew with it. Eight characters until 2059. */
function epochOf(created: string): string {
  const at = Date.parse(created)
  if (!Number.isFinite(at))
    throw serverError('invalid-payload', `JetStream says that the stream was created at ${created}.`)
  return at.toString(36).padStart(8, '0').slice(-8)
}
