import type { FetchLike } from '../src/attempt/attempt.ts'

const encoder = new TextEncoder()

type Chunk = Uint8Array | Error | undefined

/** One request that was made, and the answer to it, as the test wants it. */
export class ScriptedExchange {
  readonly url: string
  readonly init: RequestInit
  readonly headers: Headers
  readonly #answer = Promise.withResolvers<Response>()
  readonly #chunks: Chunk[] = []
  #reading: ((chunk: Chunk) => void) | undefined
  /** Whether the body was cancelled by its reader, or aborted. */
  released = false

  constructor(url: string, init: RequestInit, obeysSignal: boolean) {
    this.url = url
    this.init = init
    this.headers = new Headers(init.headers)
    if (!obeysSignal) return
    init.signal?.addEventListener('abort', () => {
      this.released = true
      this.#answer.reject(init.signal?.reason)
      this.breakOff(init.signal?.reason)
    })
  }

  get response(): Promise<Response> {
    return this.#answer.promise
  }

  get lastEventId(): string | null {
    return this.headers.get('last-event-id')
  }

  get aborted(): boolean {
    return this.init.signal?.aborted ?? false
  }

  /** Whether somebody waits for the next chunk. */
  get isRead(): boolean {
    return this.#reading !== undefined
  }

  /** Sends the head. */
  respond({
    status = 200,
    headers = {},
    body = '',
  }: {
    status?: number
    headers?: Record<string, string>
    body?: string
  } = {}): this {
    const reader = {
      read: () => this.#read(),
      cancel: async () => {
        this.released = true
        this.end()
      },
    }
    this.#answer.resolve({
      status,
      url: '',
      headers: new Headers({ ...(status === 200 && { 'content-type': 'text/event-stream' }), ...headers }),
      body: { getReader: () => reader },
    } as unknown as Response)
    return body === '' ? this : this.send(body)
  }

  send(chunk: string | Uint8Array): this {
    this.#put(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
    return this
  }

  /** The stream comes to its end. */
  end(): void {
    this.#put(undefined)
  }

  /** The network breaks: before the head, the request fails. */
  breakOff(error: Error = new TypeError('terminated')): void {
    this.#answer.promise.catch(() => {})
    this.#answer.reject(error)
    this.#put(error)
  }

  #put(chunk: Chunk): void {
    const reading = this.#reading
    this.#reading = undefined
    if (reading === undefined) this.#chunks.push(chunk)
    else reading(chunk)
  }

  async #read(): Promise<{ done: boolean; value?: Uint8Array }> {
    const chunk =
      this.#chunks.length > 0
        ? this.#chunks.shift()
        : await new Promise<Chunk>((resolve) => {
            this.#reading = resolve
          })
    if (chunk instanceof Error) throw chunk
    return chunk === undefined ? { done: true } : { done: false, value: chunk }
  }
}

/** A `fetch` without a network: each request waits until the test answers it. */
export function scriptedFetch(
  answer: (exchange: ScriptedExchange, index: number) => void = () => {},
  { obeysSignal = true }: { obeysSignal?: boolean } = {},
): { readonly fetch: FetchLike; readonly exchanges: ScriptedExchange[]; readonly last: ScriptedExchange } {
  const exchanges: ScriptedExchange[] = []
  return {
    exchanges,
    get last() {
      const last = exchanges.at(-1)
      if (last === undefined) throw new Error('No request was made.')
      return last
    },
    fetch(url, init) {
      const exchange = new ScriptedExchange(url, init, obeysSignal)
      exchanges.push(exchange)
      answer(exchange, exchanges.length - 1)
      return exchange.response
    },
  }
}
