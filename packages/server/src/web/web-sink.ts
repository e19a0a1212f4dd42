import type { Sink, SinkOwner } from '../http/sink.ts'

/** How much may wait in the body for its reader before the source is held back. Runtimes have buffers of their own behind it. */
const CAPACITY_BYTES = 16 * 1024

/**
 * A body of the Streams standard: whoever has the response reads it.
 *
 * It is born full, because nobody reads it yet: with the first read it has drained.
 *
 * The stream's own mark is 0, so that a read alone makes it pull. The capacity is counted here: the sink is full from there on
 * until the reader has taken everything and waits for more.
 */
export class WebSink implements Sink {
  readonly body: ReadableStream<Uint8Array>
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #full = true
  /** Nothing more is written, and nobody is told anything any more. */
  #over = false
  owner: SinkOwner | undefined

  constructor() {
    // No byte stream: those take the memory of what they are given away from everyone else who holds it.
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#pulled(),
        cancel: () => this.#left(),
      },
      { highWaterMark: 0, size: (bytes) => bytes.byteLength },
    )
  }

  get backlog(): number {
    // The mark is 0.
    return -(this.#controller.desiredSize ?? 0)
  }

  write(bytes: Uint8Array): boolean {
    // A copy: the reader may do what it likes with what it reads, also transfer it; a batch belongs to many streams.
    this.#controller.enqueue(new Uint8Array(bytes))
    this.#full = this.backlog >= CAPACITY_BYTES
    return !this.#full
  }

  end(last?: Uint8Array): void {
    if (this.#over) return
    this.#over = true
    if (last !== undefined) this.#controller.enqueue(last)
    this.#controller.close()
  }

  destroy(): void {
    if (this.#over) return
    this.#over = true
    this.#controller.error(new DOMException('The event stream was cut off before its end.', 'AbortError'))
  }

  /**
   * For a runtime that tells by another way than the body that the client has left. The body is closed, not broken: nobody
   * will see it, and runtimes log a body that breaks.
   */
  clientLeft(): void {
    if (this.#over) return
    this.#controller.close()
    this.#left()
  }

  #pulled(): void {
    if (!this.#full) return
    this.#full = false
    this.owner?.sinkDrained()
  }

  #left(): void {
    if (this.#over) return
    this.#over = true
    this.owner?.sinkClosed()
  }
}
