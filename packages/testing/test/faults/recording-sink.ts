import type { ByteSink, Ending } from '../../src/faults/byte-sink.ts'

/** Takes down what comes out of a fault. */
export class RecordingSink implements ByteSink {
  /** What was written, write by write, and in the end how it ended. */
  readonly out: string[] = []

  write(bytes: Uint8Array): void {
    this.out.push(Buffer.from(bytes).toString('latin1'))
  }

  end(how: Ending): void {
    this.out.push(`<${how}>`)
  }

  /** What came out since the last look. */
  take(): string[] {
    return this.out.splice(0)
  }
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
