import type { Clock } from '@sse/core'
import { seeded } from '../seeded.ts'
import { Bandwidth } from './bandwidth.ts'
import type { ByteSink, Ending, Stage } from './byte-sink.ts'
import { Corrupt, type Damage } from './corrupt.ts'
import { CutAtByte } from './cut.ts'
import { type CorruptFault, isList, type StreamFaults } from './fault-plan.ts'
import { Gate } from './gate.ts'
import { HoldBack } from './hold-back.ts'
import { Latency } from './latency.ts'
import { forkedSeed } from './seeds.ts'
import { Split } from './split.ts'

/** Where a pipeline ends. */
export interface PipelineOutput {
  /** `written` is called once the bytes are out of the process, or can never leave it. */
  write(bytes: Uint8Array, written: () => void): void
  end(how: Ending): void
}

/** What a pipeline tells of its faults as they happen. */
export interface PipelineReport {
  cut(): void
  stalled(): void
  corrupted(position: number): void
  dropped(bytes: number): void
}

export interface PipelineOptions {
  readonly clock: Clock
  readonly seed: number
  /** How many bytes it holds before it asks for a pause. */
  readonly bufferBytes: number
  readonly report: PipelineReport
  /** There is room again, after {@link Pipeline.isFull}. */
  readonly onRoom: () => void
}

/**
 * One direction of a connection: its faults one behind the other, in the order of the fields of `StreamFaults`.
 *
 * Backpressure is kept in one place for all of them: what went in and has not been written out is held somewhere in
 * between, and when that is too much, the source has to wait.
 */
export class Pipeline implements ByteSink {
  readonly #bufferBytes: number
  readonly #onRoom: () => void
  readonly #stages: Stage[] = []
  readonly #first: ByteSink
  readonly #gate: Gate
  #held = 0
  #isOver = false

  constructor(faults: StreamFaults, output: PipelineOutput, options: PipelineOptions) {
    const { clock, seed, report } = options
    this.#onRoom = options.onRoom
    // A block that is held back until it is whole must fit.
    this.#bufferBytes = options.bufferBytes + (faults.buffer?.untilBytes ?? 0)

    // From the last to the first, since each is made with the one behind it.
    let next: ByteSink = {
      write: (bytes) => output.write(bytes, () => this.#written(bytes.length)),
      end: (how) => output.end(how),
    }
    const add = <S extends Stage>(stage: S): S => {
      this.#stages.push(stage)
      next = stage
      return stage
    }
    // Chance is forked for each fault, so that one more of them does not change what the others do.
    const {
      cut,
      stall,
      splitBytes,
      bandwidthBytes,
      latencyMs = 0,
      jitterMs = 0,
      buffer,
      corrupt = [],
    } = faults
    if (cut?.afterBytes !== undefined) {
      const { afterBytes, from, how = 'reset' } = cut
      add(new CutAtByte(next, { afterBytes, from, how }, () => report.cut()))
    }
    const { afterBytes, from } = stall ?? {}
    this.#gate = add(
      new Gate(next, afterBytes === undefined ? undefined : { afterBytes, from }, () => report.stalled()),
    )
    if (splitBytes !== undefined) add(new Split(next, sizes(splitBytes, seeded(forkedSeed(seed, 1))), clock))
    if (bandwidthBytes !== undefined) add(new Bandwidth(next, bandwidthBytes, clock))
    if (latencyMs + jitterMs > 0) {
      const random = seeded(forkedSeed(seed, 2))
      add(new Latency(next, () => latencyMs + jitterMs * random(), clock))
    }
    if (buffer !== undefined) add(new HoldBack(next, buffer, (bytes) => this.#dropped(bytes, report)))
    const damages = isList<CorruptFault>(corrupt) ? corrupt : [corrupt]
    for (const [index, damage] of damages.entries()) {
      const random = seeded(forkedSeed(seed, 3 + index))
      add(
        new Corrupt(next, damage as Damage & CorruptFault, random, (position) => report.corrupted(position)),
      )
    }
    this.#first = next
  }

  /** How many bytes are in it, or wait behind it to be written. */
  get held(): number {
    return this.#held
  }

  /** Whether the source should wait for `onRoom`. */
  get isFull(): boolean {
    return this.#held >= this.#bufferBytes
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#held += bytes.length
    this.#first.write(bytes)
  }

  /** What is under way still arrives, and then the end. Only the first end counts. */
  end(how: Ending): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#first.end(how)
  }

  stall(): void {
    this.#gate.shut()
  }

  resume(): void {
    this.#gate.open()
  }

  /** Drops what is under way. */
  destroy(): void {
    this.#isOver = true
    for (const stage of this.#stages) stage.destroy?.()
    this.#held = 0
  }

  #written(bytes: number): void {
    const wasFull = this.isFull
    this.#held = Math.max(this.#held - bytes, 0)
    if (wasFull && !this.isFull) this.#onRoom()
  }

  #dropped(bytes: number, report: PipelineReport): void {
    this.#written(bytes)
    report.dropped(bytes)
  }
}

function sizes(bytes: number | readonly [min: number, max: number], random: () => number): () => number {
  if (typeof bytes === 'number') return () => bytes
  const [min, max] = bytes
  return () => min + Math.floor(random() * (max - min + 1))
}
