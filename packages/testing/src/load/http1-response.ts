const LF = 0x0a
const CR = 0x0d

/** What a head says, as far as a reader of streams asks. */
export interface ResponseHead {
  readonly status: number
  /** By name in lower case; of a name that came twice, both values, joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
}

export interface ResponseHandlers {
  /** Once, before the first of the body. */
  readonly onHead: (head: ResponseHead) => void
  /** A piece of the body; it is valid until the call returns. */
  readonly onBody: (bytes: Uint8Array) => void
  /** The body has come to its proper end. */
  readonly onEnd: () => void
}

/** Longer than any honest head: Node itself reads 16 KiB. */
const MAX_HEAD_BYTES = 64 * 1024

type Stage =
  | 'head'
  | 'chunk-size'
  | 'chunk-body'
  | 'chunk-end'
  | 'trailer'
  | 'counted'
  | 'until-close'
  | 'over'

/**
 * Reads one response of HTTP/1.1 from the bytes of a connection (RFC 9112). node:http reads any, but for each connection it
 * makes a request, a response, two streams and their listeners: a load of thousands of clients would be a load on itself.
 */
export class Http1Response {
  readonly #handlers: ResponseHandlers
  #stage: Stage = 'head'
  #head = ''
  #line = ''
  /** Bytes of the chunk, or of the body, that are still to come. */
  #left = 0

  constructor(handlers: ResponseHandlers) {
    this.#handlers = handlers
  }

  /** @throws Error when it is no HTTP; the connection is of no use then. */
  read(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      switch (this.#stage) {
        case 'head':
          at = this.#readHead(bytes, at)
          break
        case 'chunk-size':
          at = this.#readLine(bytes, at, (line) => this.#startChunk(line))
          break
        case 'trailer':
          at = this.#readLine(bytes, at, (line) => line === '' && this.#end())
          break
        case 'chunk-end':
          // CRLF, or the LF that some write.
          if (bytes[at++] === LF) this.#stage = 'chunk-size'
          break
        case 'chunk-body':
        case 'counted':
          at = this.#readCounted(bytes, at)
          break
        case 'until-close':
          this.#handlers.onBody(bytes.subarray(at))
          return
        case 'over':
          throw new Error('bytes behind the end of the response')
      }
    }
  }

  /** The connection was closed by the other side: whether that was the proper end of the body. */
  close(): boolean {
    if (this.#stage === 'until-close') this.#end()
    return this.#stage === 'over'
  }

  #readHead(bytes: Uint8Array, from: number): number {
    let at = from
    while (at < bytes.length) {
      const byte = bytes[at++] as number
      this.#head += String.fromCharCode(byte)
      if (byte === LF && /\n\r?\n$/.test(this.#head)) {
        this.#endHead(this.#head)
        this.#head = ''
        return at
      }
    }
    if (this.#head.length > MAX_HEAD_BYTES) throw new Error(`a head of more than ${MAX_HEAD_BYTES} bytes`)
    return at
  }

  #endHead(text: string): void {
    const [statusLine = '', ...lines] = text.trimEnd().split(/\r?\n/)
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1])
    if (Number.isNaN(status))
      throw new Error(`no answer of HTTP/1.1: ${JSON.stringify(statusLine.slice(0, 60))}`)
    // Such as 103 Early Hints: the answer is still to come.
    if (status < 200) return
    const headers = new Map<string, string>()
    for (const line of lines) {
      const [, name, value = ''] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? []
      if (name === undefined) throw new Error(`no header: ${JSON.stringify(line.slice(0, 60))}`)
      const key = name.toLowerCase()
      const former = headers.get(key)
      headers.set(key, former === undefined ? value : `${former}, ${value}`)
    }
    this.#stage = this.#frame(status, headers)
    this.#handlers.onHead({ status, headers })
    if (this.#stage === 'over') this.#handlers.onEnd()
  }

  #frame(status: number, headers: ReadonlyMap<string, string>): Stage {
    if (status === 204 || status === 304) return 'over'
    if (/\bchunked\s*$/i.test(headers.get('transfer-encoding') ?? '')) return 'chunk-size'
    const length = headers.get('content-length')
    if (length === undefined) return 'until-close'
    if (!/^\d+$/.test(length)) throw new Error(`a content-length of ${JSON.stringify(length)}`)
    this.#left = Number(length)
    return this.#left === 0 ? 'over' : 'counted'
  }

  #startChunk(line: string): void {
    const size = /^([0-9a-f]{1,12})\s*(;|$)/i.exec(line)?.[1]
    if (size === undefined) throw new Error(`a chunk of size ${JSON.stringify(line.slice(0, 60))}`)
    this.#left = Number.parseInt(size, 16)
    this.#stage = this.#left === 0 ? 'trailer' : 'chunk-body'
  }

  #readCounted(bytes: Uint8Array, from: number): number {
    const to = Math.min(bytes.length, from + this.#left)
    this.#left -= to - from
    this.#handlers.onBody(bytes.subarray(from, to))
    if (this.#left === 0) {
      if (this.#stage === 'chunk-body') this.#stage = 'chunk-end'
      else this.#end()
    }
    return to
  }

  #readLine(bytes: Uint8Array, from: number, onLine: (line: string) => void): number {
    let at = from
    while (at < bytes.length) {
      const byte = bytes[at++] as number
      if (byte === LF) {
        const line = this.#line
        this.#line = ''
        onLine(line)
        return at
      }
      if (byte !== CR) this.#line += String.fromCharCode(byte)
    }
    if (this.#line.length > MAX_HEAD_BYTES) throw new Error('a line without an end')
    return at
  }

  #end(): void {
    this.#stage = 'over'
    this.#handlers.onEnd()
  }
}
