import type { StreamSink } from './stream-source.ts'

/** A body: one chunk after another, and a way to let go of the rest. */
export interface ByteReader {
  read(): Promise<{ readonly done: false; readonly value: unknown } | { readonly done: true }>
  /** Never waits for a read that is under way. */
  cancel(): Promise<void>
}

/** Reads a body into a sink until it ends, breaks or is let go of; only as fast as it may. */
export class BytePump {
  readonly #reader: ByteReader
  readonly #sink: StreamSink
  readonly #encoder = new ChunkEncoder()
  #paused: PromiseWithResolvers<void> | undefined
  #closed = false

  constructor(reader: ByteReader, sink: StreamSink) {
    this.#reader = reader
    this.#sink = sink
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers()
  }

  resume(): void {
    this.#paused?.resolve()
    this.#paused = undefined
  }

  /** Settles when there is no more to read. Never rejects. */
  async run(): Promise<void> {
    try {
      for (;;) {
        await this.#paused?.promise
        const chunk = await this.#reader.read()
        // What was on its way when the reading was paused is not seen before it goes on.
        await this.#paused?.promise
        if (this.#closed) return
        if (chunk.done) return this.#sink.ended('complete')
        this.#sink.bytes(this.#encoder.encode(chunk.value))
      }
    } catch (error) {
      if (!this.#closed) this.#sink.ended('cut', error)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.resume()
    // That a broken body cannot be cancelled either is of no interest any more.
    await this.#reader.cancel().catch(() => {})
  }
}

/** Makes bytes of the chunks of a stream. @throws TypeError for what is no chunk. */
export class ChunkEncoder {
  readonly #encoder = new TextEncoder()
  /** The first half of a character that two strings share. */
  #half = ''

  encode(chunk: unknown): Uint8Array {
    if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (typeof chunk !== 'string') {
      throw new TypeError(
        `A chunk of a stream is a Uint8Array or a string, but this one is of type ${typeof chunk}.`,
      )
    }
    const text = this.#half + chunk
    const cut = /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length
    this.#half = text.slice(cut)
    return this.#encoder.encode(text.slice(0, cut))
  }
}

/** @returns `undefined` for what is no body. */
export function byteReaderOf(body: unknown): ByteReader | undefined {
  if (hasMethod(body, 'getReader')) {
    const reader = (body as ReadableStream<unknown>).getReader()
    return { read: () => reader.read() as ReturnType<ByteReader['read']>, cancel: () => reader.cancel() }
  }
  if (!hasMethod(body, Symbol.asyncIterator)) return undefined
  const iterator = (body as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  return {
    read: () => iterator.next() as ReturnType<ByteReader['read']>,
    async cancel() {
      // A Node stream is told by itself: its iterator answers `return` only when its pending `next` was answered.
      if (hasMethod(body, 'destroy')) (body as unknown as { destroy(): void }).destroy()
      void (async () => iterator.return?.())().catch(() => {})
    },
  }
}

export function hasMethod<Name extends PropertyKey>(
  value: unknown,
  name: Name,
): value is Record<Name, (...args: never[]) => unknown> {
  return typeof (value as Record<PropertyKey, unknown> | null | undefined)?.[name] === 'function'
}
