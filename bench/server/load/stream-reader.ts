/** Told of each event, with the time that it carries. */
export type OnEvent = (publishedAt: number) => void

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON = 0x3a
const ZERO = 0x30
const SMALL_D = 0x64

// Where in the response it is.
const HEAD = 0
const CHUNK_SIZE = 1
const CHUNK_BODY = 2
const CHUNK_END = 3
const BODY = 4
const OVER = 5

// Where in a line of the stream it is.
const LINE_START = 0
const DATA_NAME = 1
const DATA_START = 2
const NUMBER = 3
const TIME = 4
const REST_OF_LINE = 5

/**
 * Reads one response: undoes the chunks of HTTP/1.1, counts the events, and checks that each is the one that comes next
 * (see `outgoingEvent`). Whoever counts bytes, or looks for blank lines without undoing the chunks, counts what a client
 * may never get.
 *
 * It does not parse more than that, and it is cheap: the readers have as many events to read as the server has to write,
 * and must not be what is measured. It knows one line ending, LF; all contenders use it, and another one would be a fault.
 */
export class StreamReader {
  /** Events that were complete. */
  events = 0
  /** The head of the response has been read. */
  open = false
  /** What was wrong first. */
  fault: string | undefined
  readonly #onEvent: OnEvent
  #stage = HEAD
  #head = ''
  #chunkLeft = 0
  #line = LINE_START
  #hasData = false
  #number = 0
  #time = 0

  constructor(onEvent: OnEvent) {
    this.#onEvent = onEvent
  }

  read(bytes: Uint8Array, length: number): void {
    let at = 0
    while (at < length && this.fault === undefined) {
      switch (this.#stage) {
        case HEAD:
          at = this.#readHead(bytes, at, length)
          break
        case CHUNK_SIZE:
          at = this.#readChunkSize(bytes, at, length)
          break
        case CHUNK_BODY: {
          const end = Math.min(length, at + this.#chunkLeft)
          this.#readBody(bytes, at, end)
          this.#chunkLeft -= end - at
          at = end
          if (this.#chunkLeft === 0) this.#stage = CHUNK_END
          break
        }
        case CHUNK_END:
          if (bytes[at++] === LF) this.#stage = CHUNK_SIZE
          break
        case BODY:
          this.#readBody(bytes, at, length)
          at = length
          break
        default:
          this.fault = 'got bytes after the last chunk'
      }
    }
  }

  #readHead(bytes: Uint8Array, from: number, length: number): number {
    let at = from
    while (at < length) {
      this.#head += String.fromCharCode(bytes[at++] as number)
      if (!this.#head.endsWith('\r\n\r\n')) continue
      if (!this.#head.startsWith('HTTP/1.1 200')) this.fault = `was answered ${this.#head.split('\r\n', 1)}`
      this.#stage = /^transfer-encoding: *chunked/im.test(this.#head) ? CHUNK_SIZE : BODY
      this.#head = ''
      this.open = true
      break
    }
    return at
  }

  #readChunkSize(bytes: Uint8Array, from: number, length: number): number {
    let at = from
    while (at < length) {
      const byte = bytes[at++] as number
      if (byte === LF) {
        this.#stage = this.#chunkLeft === 0 ? OVER : CHUNK_BODY
        break
      }
      if (byte !== CR) this.#chunkLeft = this.#chunkLeft * 16 + hexDigit(byte)
    }
    return at
  }

  #readBody(bytes: Uint8Array, from: number, to: number): void {
    let line = this.#line
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number
      switch (line) {
        case REST_OF_LINE:
          // Most bytes are filling. They are passed over here, without asking for each what it is.
          while (at < to && bytes[at] !== LF) at++
          if (at < to) line = LINE_START
          break
        case LINE_START:
          if (byte === LF) this.#endBlock()
          else line = byte === SMALL_D ? DATA_NAME : REST_OF_LINE
          break
        case DATA_NAME:
          if (byte === COLON) line = DATA_START
          break
        case DATA_START:
          this.#hasData = true
          this.#number = byte === SPACE ? 0 : byte - ZERO
          this.#time = 0
          line = NUMBER
          break
        case NUMBER:
          if (byte === SPACE) line = TIME
          else if (byte === LF) line = LINE_START
          // What is no digit makes a number that is not the next one, so a fault.
          else this.#number = this.#number * 10 + (byte - ZERO)
          break
        default:
          if (byte === SPACE) line = REST_OF_LINE
          else if (byte === LF) line = LINE_START
          else this.#time = this.#time * 10 + (byte - ZERO)
      }
    }
    this.#line = line
  }

  /** A blank line. A block without data, such as a comment or a bare id, is no event. */
  #endBlock(): void {
    if (!this.#hasData) return
    this.#hasData = false
    this.events++
    if (this.#number !== this.events) this.fault ??= `got event ${this.#number} as number ${this.events}`
    this.#onEvent(this.#time)
  }
}

function hexDigit(byte: number): number {
  return byte <= 0x39 ? byte - ZERO : (byte | 0x20) - 0x57
}
