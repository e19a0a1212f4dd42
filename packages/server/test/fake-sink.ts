import { createEventStreamParser, type DispatchedEvent } from '@sse/core'
import type { GzipEncoder } from '../src/compression/gzip-encoder.ts'
import type { Sink, SinkOwner } from '../src/http/sink.ts'
import type { EventSourceResponseOptions, StreamContentOrFactory, StreamEnd } from '../src/index.ts'
import { runStream } from '../src/stream/run-stream.ts'
import { checkOptions } from '../src/stream/stream-options.ts'

/** A sink in memory that keeps the contract, and notices when its owner does not. */
export class FakeSink implements Sink {
  owner: SinkOwner | undefined
  /** What was written, as it was passed. */
  readonly writes: Uint8Array[] = []
  /** How often it became full. */
  fills = 0
  /** What the stream did against the contract of a sink. */
  readonly violations: string[] = []
  readonly #onBytes: (bytes: Uint8Array) => void
  readonly #capacity: number
  #buffered = 0
  #taking = true
  #full = false
  #state: 'open' | 'ended' | 'destroyed' | 'left' = 'open'

  /** @param capacity How many bytes it holds while it is stalled before it is full. */
  constructor(capacity = 1, onBytes: (bytes: Uint8Array) => void = () => {}) {
    this.#capacity = capacity
    this.#onBytes = onBytes
  }

  get state(): 'open' | 'ended' | 'destroyed' | 'left' {
    return this.#state
  }

  get full(): boolean {
    return this.#full
  }

  /** Bytes that it holds because it was stalled. */
  get backlog(): number {
    return this.#buffered
  }

  get text(): string {
    return Buffer.concat(this.writes).toString()
  }

  get events(): DispatchedEvent[] {
    const events: DispatchedEvent[] = []
    const parser = createEventStreamParser({ onEvent: (event) => events.push(event) })
    for (const bytes of this.writes) parser.feed(bytes)
    return events
  }

  write(bytes: Uint8Array): boolean {
    if (this.#full) this.violations.push('written to while it was full')
    if (this.#state !== 'open') this.violations.push(`written to after it was ${this.#state}`)
    this.writes.push(bytes)
    this.#onBytes(bytes)
    if (this.#taking) return true
    this.#buffered += bytes.byteLength
    if (!this.#full && this.#buffered >= this.#capacity) {
      this.#full = true
      this.fills++
    }
    return !this.#full
  }

  end(last?: Uint8Array): void {
    if (last !== undefined && this.#state === 'open') {
      this.writes.push(last)
      this.#onBytes(last)
    }
    this.#close('ended')
  }

  destroy(): void {
    // An end that was not taken is given up.
    if (this.#state === 'ended') this.#buffered = 0
    else this.#close('destroyed')
  }

  #close(state: 'ended' | 'destroyed'): void {
    if (this.#state !== 'open' && this.#state !== 'left')
      this.violations.push(`${state} after it was ${this.#state}`)
    if (this.#state === 'open') this.#state = state
  }

  /** The client stops reading. */
  stall(): void {
    this.#taking = false
  }

  /** The client takes what is buffered, and then stops again. */
  sip(): void {
    this.#buffered = 0
    if (!this.#full) return
    this.#full = false
    if (this.#state === 'open') this.owner?.sinkDrained()
  }

  /** The client reads again. */
  drain(): void {
    this.#taking = true
    this.sip()
  }

  /** The client goes away. */
  disconnect(): void {
    if (this.#state !== 'open') return
    this.#state = 'left'
    this.owner?.sinkClosed()
  }
}

interface Connected {
  readonly sink?: FakeSink
  readonly lastEventId?: string
  readonly encoder?: GzipEncoder | undefined
}

/** Runs a stream on a sink in memory. */
export function openStream(
  content: StreamContentOrFactory<undefined>,
  options: EventSourceResponseOptions<undefined>,
  { sink = new FakeSink(), lastEventId = '', encoder }: Connected = {},
): { readonly sink: FakeSink; readonly ended: Promise<StreamEnd> } {
  return {
    sink,
    ended: runStream(content, checkOptions(options).stream, sink, {
      request: undefined,
      lastEventId,
      encoder,
    }),
  }
}

/** A source that never gives anything. */
export async function* never(): AsyncGenerator<never> {
  await new Promise(() => {})
}
