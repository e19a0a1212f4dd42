import { EVENT_STREAM_MEDIA_TYPE, isEventStreamMediaType } from '@sse/core'
import { RawExchange, type RawRequest, type ResponseHead } from './raw-exchange.ts'
import { type ReadEvent, readStream, type StreamReading } from './stream-reading.ts'

/** How a server is tried, with all defaults filled in. */
export interface ServerSettings {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly observeMs: number
  readonly timeoutMs: number
  readonly trigger: (() => Promise<unknown>) | undefined
  readonly origin: string | undefined
  readonly credentials: boolean
  readonly http2: boolean
}

/** One stream, looked at for the whole time of the observation. */
export interface Observation {
  readonly exchange: RawExchange
  readonly head: ResponseHead
  readonly reading: StreamReading
  /** How long it was looked at after its head. */
  readonly observedMs: number
  /** Whether its head did not come before an event was called for. */
  readonly headWaitedForEvent: boolean
}

/** What a stream did that was opened with the id of an event that had been seen. */
export interface Resumption {
  /** The events that followed the id on the first stream. */
  readonly missed: readonly ReadEvent[]
  readonly id: string
  readonly head: ResponseHead
  readonly events: readonly ReadEvent[]
}

/** What of a request differs from that of an `EventSource`. A header that is `undefined` is left out. */
export interface StreamRequest extends Partial<Omit<RawRequest, 'headers'>> {
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** So long may a blank line be behind the event that it ends. */
export const FINISH_MS = 150

/** Between two events that are called for: far enough apart to see each come by itself. */
const TRIGGER_EVERY_MS = 150
const TRIGGERS = 3
/** Timers may fire a little before their time. */
const TIMER_SLACK_MS = 5

/** A server, and what was seen of it so far. Cases ask it for streams. */
export class ServerUnderTest {
  readonly settings: ServerSettings
  #observation: Promise<Observation> | undefined
  #resumption: Promise<Resumption | string> | undefined

  constructor(settings: ServerSettings) {
    this.settings = settings
  }

  /** A request like that of an `EventSource`, but for what is said. */
  open({ headers = {}, ...rest }: StreamRequest = {}): RawExchange {
    const { url, method, body, headers: own } = this.settings
    const all = {
      accept: EVENT_STREAM_MEDIA_TYPE,
      'cache-control': 'no-cache',
      'accept-encoding': 'identity',
      ...own,
      ...headers,
    }
    const written = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    )
    const asked = rest.method ?? method
    return new RawExchange({
      url,
      headers: Object.fromEntries(written),
      ...(asked === method && { body }),
      ...rest,
      method: asked,
    })
  }

  /** The stream that most cases look at. It is opened once. */
  observe(): Promise<Observation> {
    this.#observation ??= this.#observe()
    return this.#observation
  }

  /** What comes of the id of the first event that was seen; or why that cannot be tried. */
  resume(): Promise<Resumption | string> {
    this.#resumption ??= this.#resume()
    return this.#resumption
  }

  /** How soon the first event came on the observed stream; `undefined`: none did. */
  async firstEventMs(): Promise<number | undefined> {
    const { reading, head } = await this.observe()
    const first = reading.events[0]
    return first && Math.max(0, first.atMs - head.atMs)
  }

  /** Calls for an event, if one can. */
  async callForEvent(): Promise<void> {
    await this.settings.trigger?.()
  }

  async #observe(): Promise<Observation> {
    const { observeMs, timeoutMs, trigger } = this.settings
    using exchange = this.open()
    const came = await exchange.until(() => exchange.head !== undefined, timeoutMs / 2)
    // Some servers hold the head back until there is an event: that is one failure, and no reason not to judge the rest.
    if (!came) await this.callForEvent()
    const head = await exchange.awaitHead(timeoutMs)
    const observedMs = (): number => exchange.elapsedMs - head.atMs
    for (let calls = 0; trigger !== undefined && calls < TRIGGERS; calls++) {
      await this.callForEvent()
      await exchange.until(() => false, TRIGGER_EVERY_MS)
    }
    await exchange.until(() => false, Math.max(0, observeMs - observedMs()))
    // An event that was just coming gets the time to be finished.
    if (readStream(exchange.arrivals).unfinished.length > 0) {
      const sinceMs = exchange.elapsedMs - (exchange.arrivals.at(-1)?.atMs ?? 0)
      await exchange.until(() => false, Math.max(0, FINISH_MS + TIMER_SLACK_MS - sinceMs))
    }
    return {
      exchange,
      head,
      reading: readStream(exchange.arrivals),
      observedMs: observedMs(),
      headWaitedForEvent: !came,
    }
  }

  async #resume(): Promise<Resumption | string> {
    const { observeMs, timeoutMs } = this.settings
    const withIds = (await this.observe()).reading.events.filter(({ id }) => id !== undefined && id !== '')
    const [first, ...missed] = withIds
    if (first?.id === undefined || missed.length === 0)
      return 'fewer than two events with an id were seen; pass a trigger, or observe for longer'
    using exchange = this.open({ headers: { 'last-event-id': asBytes(first.id) } })
    const head = await exchange.awaitHead(timeoutMs)
    const last = missed.at(-1)?.id
    const readSoFar = (): readonly ReadEvent[] => readStream(exchange.arrivals).events
    await exchange.until(() => readSoFar().some(({ id }) => id === last), observeMs)
    return { id: first.id, missed, head, events: readSoFar() }
  }
}

/** Whether there is a stream to look at. */
export function isStream({ status, get }: ResponseHead): boolean {
  return status === 200 && isEventStreamMediaType(get('content-type'))
}

/** Each byte of the text in UTF-8 as a character, as headers are written. */
export function asBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
}
