import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import { createEventStreamParser } from '@sse/core'
import { answerCalls, notify } from '../harness/answer-calls.ts'
import { beginningOf } from './json-event.ts'

/** No more connections than these are opened at once. */
const OPENING_AT_ONCE = 100

export interface LoadPlan {
  readonly port: number
  readonly clients: number
  /** Whether the server must answer with gzip. */
  readonly gzip: boolean
  readonly reportEvery: number
}

/** What the clients tell without being asked. */
export type Notice = { readonly received: number } | { readonly fault: string }

/** The clients of one server. Each decodes what it is sent, and checks every event. */
class LoadProcess {
  readonly #requests: ClientRequest[] = []
  readonly #events: number[] = []
  /** How many clients have passed each mark that not all of them have passed. */
  readonly #passed = new Map<number, number>()
  #bytes = 0
  #awaited: { readonly events: number; readonly done: () => void } | undefined
  #missing = 0

  async connect(plan: LoadPlan): Promise<void> {
    while (this.#requests.length < plan.clients) {
      const count = Math.min(OPENING_AT_ONCE, plan.clients - this.#requests.length)
      await Promise.all(Array.from({ length: count }, () => this.#open(plan)))
    }
  }

  /** Settles when all have got this many events since they connected. */
  receive(events: number): Promise<void> {
    return new Promise((resolve) => {
      this.#missing = this.#events.filter((count) => count < events).length
      if (this.#missing === 0) resolve()
      else this.#awaited = { events, done: resolve }
    })
  }

  /** Bytes of all bodies, as they came, without the chunks of HTTP. */
  bytes(): number {
    return this.#bytes
  }

  async #open({ port, gzip, reportEvery }: LoadPlan): Promise<void> {
    const headers = { 'accept-encoding': 'gzip', accept: 'text/event-stream' }
    const request = get({ host: '127.0.0.1', port, headers, agent: false })
    const client = this.#requests.push(request) - 1
    this.#events[client] = 0
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject)
    })
    if ((response.headers['content-encoding'] === 'gzip') !== gzip)
      this.#fail('was not answered as it should')
    response.on('data', (bytes: Buffer) => {
      this.#bytes += bytes.byteLength
    })
    response.on('close', () => this.#fail('lost its connection'))
    const parser = createEventStreamParser({
      onEvent: ({ data }) => this.#take(client, data, reportEvery),
    })
    const body = gzip ? response.pipe(createGunzip()) : response
    body.on('data', (bytes: Buffer) => parser.feed(bytes))
    body.on('error', (error) => this.#fail(error.message))
  }

  #take(client: number, data: string, reportEvery: number): void {
    const events = (this.#events[client] ?? 0) + 1
    this.#events[client] = events
    if (!data.startsWith(beginningOf(events)))
      return this.#fail(`got ${data.slice(0, 20)} as event ${events}`)
    if (events % reportEvery === 0) this.#pass(events)
    if (events === this.#awaited?.events && --this.#missing === 0) this.#awaited.done()
  }

  #pass(mark: number): void {
    const passed = (this.#passed.get(mark) ?? 0) + 1
    this.#passed.set(mark, passed)
    if (passed < this.#requests.length) return
    this.#passed.delete(mark)
    notify({ received: mark } satisfies Notice)
  }

  #fail(fault: string): void {
    notify({ fault: `A client ${fault}.` } satisfies Notice)
  }
}

export type { LoadProcess }

answerCalls<LoadProcess>(new LoadProcess())
