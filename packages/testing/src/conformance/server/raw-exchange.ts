import type { Socket } from 'node:net'
import { systemClock } from '@sse/core'
import { turns } from '../../clock/fake-clock.ts'
import { testingError } from '../../errors.ts'
import { nodeModule } from '../node-module.ts'
import { type BodyFraming, BodyReader } from './body-reader.ts'

/** A request, as it goes over the wire. */
export interface RawRequest {
  readonly method: string
  readonly url: URL
  /** By name, as they are to be written. `host` comes by itself. A character of a value is a byte. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Default `1.1`. */
  readonly version?: '1.0' | '1.1' | undefined
}

export interface ResponseHead {
  readonly version: string
  readonly status: number
  /** All fields, by lower-case name, in the order in which they came. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The value of a field; several are joined by commas, none is `undefined`. */
  get(name: string): string | undefined
  readonly atMs: number
}

/** What has come in time is read: a process that was kept from it finds its timers due before its bytes. */
const LAST_TURNS = 30

/** Some bytes of a body, after its framing was undone. */
export interface Arrival {
  readonly atMs: number
  readonly bytes: Uint8Array
}

/**
 * One request and its response over a socket of its own, with what libraries hide: framing, when bytes came, how it ended. Times
 * are milliseconds since it began.
 */
export class RawExchange implements Disposable {
  readonly #socket: Socket
  readonly #reader = new BodyReader()
  readonly #request: RawRequest
  readonly #began = systemClock.now()
  readonly #looking = new Set<() => void>()
  #received: Uint8Array = new Uint8Array()
  readonly arrivals: Arrival[] = []
  /** The first, and those of more requests on this connection. */
  readonly heads: ResponseHead[] = []
  framing: BodyFraming | undefined
  /** What is wrong with the framing. */
  framingError: string | undefined
  /** `complete`: as its framing says. `cut`: before. `undefined`: it is open. */
  end: 'complete' | 'cut' | undefined
  endedAtMs: number | undefined
  #error: Error | undefined
  #left = false

  constructor(request: RawRequest) {
    this.#request = request
    const { url } = request
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    this.#socket =
      url.protocol === 'https:'
        ? nodeModule('node:tls').connect({ host, port, servername: host, ALPNProtocols: ['http/1.1'] })
        : nodeModule('node:net').connect({ host, port })
    this.#socket.setNoDelay()
    this.#socket.on('data', (bytes) => this.#take(bytes))
    this.#socket.on('error', (error) => {
      this.#error = error
    })
    this.#socket.on('close', () => this.#close())
    this.send(request)
  }

  get head(): ResponseHead | undefined {
    return this.heads[0]
  }

  /** After a HEAD request, which has no body: more than the head of a response. */
  get bytesBehindHead(): number {
    return this.#received.length
  }

  get bodyBytes(): number {
    return this.arrivals.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  get elapsedMs(): number {
    return systemClock.now() - this.#began
  }

  send({ method, url, headers, body, version = '1.1' }: RawRequest): void {
    const fields = Object.entries({
      host: url.host,
      ...headers,
      ...(body !== undefined && { 'content-length': `${new TextEncoder().encode(body).length}` }),
    })
    const head = [
      `${method} ${url.pathname}${url.search} HTTP/${version}`,
      ...fields.map(([name, value]) => `${name}: ${value}`),
    ]
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n`, 'latin1')
    if (body !== undefined) this.#socket.write(body)
  }

  /** Waits until it is so. Resolves with whether it is: not, when the time is over, or when nothing can come any more. */
  async until(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isSo()) return true
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel()
        this.#looking.delete(look)
        resolve()
      }
      const look = (): void => {
        if (isSo() || this.end !== undefined) done()
      }
      const cancel = systemClock.schedule(() => void turns(LAST_TURNS).then(done), timeoutMs, true)
      this.#looking.add(look)
      look()
    })
    return isSo()
  }

  /** @throws SseError `not-in-time` when no head comes, with what came instead. */
  async awaitHead(timeoutMs: number): Promise<ResponseHead> {
    await this.until(() => this.head !== undefined, timeoutMs)
    if (this.head !== undefined) return this.head
    const why =
      this.#error?.message ??
      (this.end === undefined ? `none came in ${timeoutMs} ms` : 'the connection was closed')
    throw testingError(
      'not-in-time',
      `There was no response to ${this.#request.method} ${this.#request.url}: ${why}.`,
    )
  }

  /** Breaks the connection, as a client that crashes. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** What comes of it is no end that the server made: `end` stays as it is. */
  [Symbol.dispose](): void {
    this.#left = true
    this.#socket.destroy()
  }

  #take(bytes: Uint8Array): void {
    if (this.framing === undefined) this.#takeHead(bytes)
    else this.#takeBody(bytes)
    this.#look()
  }

  #takeHead(bytes: Uint8Array): void {
    this.#received = concat(this.#received, bytes)
    const text = latin1(this.#received)
    const end = text.indexOf('\r\n\r\n')
    // What stands behind the head of a HEAD response and is no other head is not read, but counted.
    if (end < 0 || !text.startsWith('HTTP/')) return
    const rest = this.#received.subarray(end + 4)
    this.#received = new Uint8Array()
    const head = parseHead(text.slice(0, end), this.elapsedMs)
    // An interim response comes before the one that counts.
    if (head.status < 200) return this.#takeHead(rest)
    this.heads.push(head)
    if (this.#request.method !== 'HEAD') this.framing = this.#reader.begin(head)
    if (rest.length > 0) this.#take(rest)
  }

  #takeBody(bytes: Uint8Array): void {
    try {
      const body = this.#reader.read(bytes)
      if (body.length > 0) this.arrivals.push({ atMs: this.elapsedMs, bytes: body })
      if (this.#reader.complete) this.#finish('complete')
    } catch (error) {
      this.framingError ??= (error as Error).message
    }
  }

  #close(): void {
    this.#finish(this.framing === 'close' && this.#error === undefined ? 'complete' : 'cut')
    this.#look()
  }

  #finish(end: 'complete' | 'cut'): void {
    if (this.end !== undefined || this.#left) return
    this.end = end
    this.endedAtMs = this.elapsedMs
  }

  #look(): void {
    for (const look of [...this.#looking]) look()
  }
}

function parseHead(text: string, atMs: number): ResponseHead {
  const [line = '', ...lines] = text.split('\r\n')
  const [, version = '', status = ''] = /^HTTP\/(\d\.\d) (\d{3})/.exec(line) ?? []
  const fields = lines.map((each): readonly [string, string] => {
    const colon = each.indexOf(':')
    return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()]
  })
  return {
    version,
    status: Number(status),
    fields,
    atMs,
    get(name) {
      const values = fields.filter(([each]) => each === name).map(([, value]) => value)
      return values.length === 0 ? undefined : values.join(', ')
    },
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function latin1(bytes: Uint8Array): string {
  // Not TextDecoder('latin1'), which is windows-1252.
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  return text
}
