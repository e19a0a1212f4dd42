import type { FetchLike } from '../attempt/attempt.ts'
import { throughCountingDispatcher } from './counting-dispatcher.ts'
import { ResourceSizes } from './resource-sizes.ts'

/**
 * What the streams of a source took, over all its connections. Bytes on the wire are those of the bodies as they were sent, without
 * headers and framing: what a server of `@sse/server` calls `wireBytes`.
 */
export interface Traffic {
  /** Reads and counts. For `createEventSource`, `EventSource`, or several of them: then it counts all. */
  readonly fetch: FetchLike
  /** What was read, decompressed. */
  readonly bytes: number
  /**
   * What came over the network for it, but for `unknownBytes`. It grows as bytes come: in Node always, elsewhere where nothing is
   * compressed. Of a compressed stream a browser tells when its connection has ended; Chromium does not if the page has ended it.
   */
  readonly wireBytes: number
  /** How many of `bytes` are not in `wireBytes`, because nobody has told what they were on the wire. */
  readonly unknownBytes: number
}

/**
 * Counts the bytes of event streams, on the wire and decompressed:
 * `const traffic = measureTraffic(); createEventSource(url, { fetch: traffic.fetch })`.
 *
 * @param fetch Sends the requests. Default the runtime's. Behind another one, Node as well tells of compressed streams only when they have ended.
 */
export function measureTraffic(fetch?: FetchLike): Traffic {
  return new Meter(fetch)
}

class Meter implements Traffic {
  bytes = 0
  wireBytes = 0
  unknownBytes = 0
  readonly #fetch: FetchLike | undefined
  readonly #sizes = new ResourceSizes()

  constructor(fetch: FetchLike | undefined) {
    this.#fetch = fetch
  }

  readonly fetch: FetchLike = async (url, init) => {
    const startedAt = performance.now()
    const [counted, wire] = this.#fetch ? [init] : throughCountingDispatcher(init)
    const response = await (this.#fetch ?? fetch)(url, counted)
    // What is not read as a stream is not counted.
    if (response.body === null || response.status !== 200) return response
    const read = wire?.start((bytes) => this.#onWire(bytes))
      ? (bytes: number) => this.#read(bytes)
      : isSentAsItIs(response)
        ? (bytes: number) => this.#onWire(this.#read(bytes))
        : this.#readUntold(url, startedAt)
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>(
        {
          transform(chunk, controller) {
            read(chunk.byteLength)
            controller.enqueue(chunk)
          },
        },
        // Nothing waits here: whoever reads no more holds the socket back.
        undefined,
        { highWaterMark: 0 },
      ),
    )
    return Object.defineProperty(new Response(body, response), 'url', { value: response.url })
  }

  #read(bytes: number): number {
    this.bytes += bytes
    return bytes
  }

  #onWire(bytes: number): void {
    this.wireBytes += bytes
  }

  /** Until the runtime tells what they were on the wire. */
  #readUntold(url: string, startedAt: number): (bytes: number) => void {
    const count = this.#sizes.expect(url, startedAt, (bytes, wireBytes) => {
      this.unknownBytes -= bytes
      this.#onWire(wireBytes)
    })
    return (bytes) => {
      this.unknownBytes += this.#read(bytes)
      count(bytes)
    }
  }
}

/** Only where one can see it: to a page, a server of another origin has to allow that it sees this header. */
function isSentAsItIs({ headers, type }: Response): boolean {
  return type !== 'cors' && (headers.get('content-encoding') ?? 'identity') === 'identity'
}
