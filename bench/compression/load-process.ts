import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { createEventStreamParser } from '@sse/core'
import { answerCalls, notify } from '../harness/answer-calls.ts'
import { beginningOf } from './json-event.ts'

/** No more connections than these are opened at once. */
const OPENING_AT_ONCE = 100
/** Nothing comes any more when nothing came for this long. */
const QUIET_MS = 50

export interface LoadPlan {
  readonly port: number
  readonly clients: number
  /** Whether the server must answer with gzip. */
  readonly gzip: boolean
  readonly reportEvery: number
}

/** What the clients tell without being asked. */
export type Notice = { readonly received: number } | { readonly fault: string }

/**
 * The clients of one server. Each decodes what it is sent, and checks every event. All but the last one do so when the server's
 * processor time has been read: a thousand decoders beside the server would cost it time that is not its own.
 */
class LoadProcess {
  readonly #requests: ClientRequest[] = []
  readonly #events: number[] = []
  /** What has come and was not decoded yet. */
  readonly #held: (() => void)[] = []
  #holding = true
  #bytes = 0
  #awaited: { readonly events: number; readonly done: () => void } | undefined
  #missing = 0

  async connect(plan: LoadPlan): Promise<void> {
    while (this.#requests.length < plan.clients - 1) {
      const count = Math.min(OPENING_AT_ONCE, plan.clients - 1 - this.#requests.length)
      await Promise.all(Array.from({ length: count }, () => this.#open(plan)))
    }
    await this.#open(plan, (events) => {
      if (events % plan.reportEvery === 0) notify({ received: events } satisfies Notice)
    })
  }

  /** Settles when the bytes of this many events, of all since they connected, have come to all. */
  async arrive(events: number): Promise<void> {
    const last = this.#requests.length - 1
    for (let bytes = -1; (this.#events[last] ?? 0) < events || bytes !== this.#bytes; ) {
      bytes = this.#bytes
      await sleep(QUIET_MS)
    }
  }

  /** Decodes what has come. Settles when all have got this many events since they connected. */
  async receive(events: number): Promise<void> {
    this.#holding = false
    for (const decode of this.#held.splice(0)) decode()
    this.#missing = this.#events.filter((count) => count < events).length
    if (this.#missing > 0)
      await new Promise<void>((done) => {
        this.#awaited = { events, done }
      })
    this.#holding = true
  }

  /** Bytes of all bodies, as they came, without the chunks of HTTP. */
  bytes(): number {
    return this.#bytes
  }

  /** A client that reports what it has decodes at once. */
  async #open({ port, gzip }: LoadPlan, report?: (events: number) => void): Promise<void> {
    const headers = { 'accept-encoding': 'gzip', accept: 'text/event-stream' }
    const request = get({ host: '127.0.0.1', port, headers, agent: false })
    const client = this.#requests.push(request) - 1
    this.#events[client] = 0
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject)
    })
    if ((response.headers['content-encoding'] === 'gzip') !== gzip)
      this.#fail('was not answered as it should')
    const parser = createEventStreamParser({
      onEvent: ({ data }) => {
        const events = this.#take(client, data)
        report?.(events)
      },
    })
    const gunzip = createGunzip()
    gunzip.on('data', (bytes: Buffer) => parser.feed(bytes))
    gunzip.on('error', (error) => this.#fail(error.message))
    response.on('data', (bytes: Buffer) => {
      this.#bytes += bytes.byteLength
      const decode = (): void => void (gzip ? gunzip.write(bytes) : parser.feed(bytes))
      if (this.#holding && report === undefined) this.#held.push(decode)
      else decode()
    })
    response.on('close', () => this.#fail('lost its connection'))
  }

  /** Returns how many events the client has. */
  #take(client: number, data: string): number {
    const events = (this.#events[client] ?? 0) + 1
    this.#events[client] = events
    if (!data.startsWith(beginningOf(events))) this.#fail(`got ${data.slice(0, 20)} as event ${events}`)
    if (events === this.#awaited?.events && --this.#missing === 0) this.#awaited.done()
    return events
  }

  #fail(fault: string): void {
    notify({ fault: `A client ${fault}.` } satisfies Notice)
  }
}

export type { LoadProcess }

answerCalls<LoadProcess>(new LoadProcess())
