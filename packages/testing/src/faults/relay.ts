import type { Socket } from 'node:net'
import type { ByteSink } from './byte-sink.ts'
import type { CutKind, StreamFaults } from './fault-plan.ts'
import { Pipeline, type PipelineOptions } from './pipeline.ts'
import { breakOff, SocketOutput } from './socket-output.ts'

export interface RelayOptions extends Omit<PipelineOptions, 'onRoom'> {
  /** What the bytes go through in front of the faults. */
  readonly before?: ((next: ByteSink) => ByteSink) | undefined
  /** Asked for what the source says, before it is passed on. Whoever answers `true` has cut the connection, and the bytes are lost. */
  readonly isLost?: (() => boolean) | undefined
  /** Something ended: time to see what else has to. */
  readonly onEnd: () => void
}

/** Carries one direction of a connection from socket to socket, through its faults. */
export class Relay {
  readonly #source: Socket
  readonly #output: SocketOutput
  readonly #pipeline: Pipeline

  constructor(source: Socket, destination: Socket, faults: StreamFaults, options: RelayOptions) {
    this.#source = source
    this.#output = new SocketOutput(destination, options.onEnd)
    const { report } = options
    this.#pipeline = new Pipeline(faults, this.#output, {
      ...options,
      report: {
        ...report,
        cut: () => {
          this.#leaveSource(this.#output.ended ?? 'reset')
          report.cut()
        },
      },
      onRoom: () => source.resume(),
    })
    const input = options.before?.(this.#pipeline) ?? this.#pipeline
    source.on('data', (bytes) => {
      if (options.isLost?.()) return
      input.write(bytes)
      if (this.#pipeline.isFull) source.pause()
    })
    source.on('end', () => input.end('fin'))
    // Without an end before it, it broke; the other side sees the same, behind what was sent before.
    source.on('close', () => this.#pipeline.end('reset'))
  }

  /** How many bytes have been passed on. */
  get bytes(): number {
    return this.#output.bytes
  }

  get held(): number {
    return this.#pipeline.held
  }

  /** Whether the destination is told of the end. */
  get hasEnded(): boolean {
    return this.#output.hasEnded
  }

  /** Whether the destination was left alone without a word. */
  get isHalfOpen(): boolean {
    return this.#output.ended === 'half-open'
  }

  cut(how: CutKind): void {
    this.#pipeline.destroy()
    this.#output.cut(how)
    this.#leaveSource(how)
  }

  stall(): void {
    this.#pipeline.stall()
  }

  resume(): void {
    this.#pipeline.resume()
  }

  destroy(): void {
    this.#pipeline.destroy()
  }

  #leaveSource(how: CutKind): void {
    if (how === 'reset') breakOff(this.#source)
    else this.#source.destroy()
  }
}
