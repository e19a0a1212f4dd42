import type { ByteSink, Ending, Stage } from './byte-sink.ts'
import { type CountedFrom, Position } from './position.ts'

/** Which bytes are damaged, and how. */
export type Damage =
  | { readonly atByte: number; readonly with?: Uint8Array | string | undefined }
  | { readonly probability: number }

/** Damages bytes. There are as many as before, so places behind stay where they are. */
export class Corrupt implements Stage {
  readonly #next: ByteSink
  readonly #position: Position
  /** What becomes of a byte at a position. */
  readonly #damaged: (byte: number, position: number) => number
  readonly #onDamage: (position: number) => void

  constructor(
    next: ByteSink,
    damage: Damage & { readonly from?: CountedFrom | undefined },
    random: () => number,
    onDamage: (position: number) => void,
  ) {
    this.#next = next
    this.#position = new Position(damage.from)
    this.#damaged = 'probability' in damage ? byChance(damage.probability, random) : inPlace(damage, random)
    this.#onDamage = onDamage
  }

  write(bytes: Uint8Array): void {
    const first = this.#position.take(bytes)
    const start = Math.max(-first, 0)
    let copy: Uint8Array | undefined
    for (const [offset, byte] of bytes.subarray(start).entries()) {
      const position = first + start + offset
      const damaged = this.#damaged(byte, position)
      if (damaged === byte) continue
      copy ??= new Uint8Array(bytes)
      copy[start + offset] = damaged
      this.#onDamage(position)
    }
    this.#next.write(copy ?? bytes)
  }

  end(how: Ending): void {
    this.#next.end(how)
  }
}

/** One draw for each byte and one for each hit, whatever pieces they come in: the same seed damages the same bytes. */
function byChance(probability: number, random: () => number): (byte: number) => number {
  return (byte) => (random() < probability ? flipped(byte, random) : byte)
}

function inPlace(
  { atByte, with: replacement }: { readonly atByte: number; readonly with?: Uint8Array | string | undefined },
  random: () => number,
): (byte: number, position: number) => number {
  const bytes = typeof replacement === 'string' ? new TextEncoder().encode(replacement) : replacement
  if (bytes === undefined) return (byte, position) => (position === atByte ? flipped(byte, random) : byte)
  return (byte, position) => bytes[position - atByte] ?? byte
}

function flipped(byte: number, random: () => number): number {
  return byte ^ (1 << Math.floor(random() * 8))
}
