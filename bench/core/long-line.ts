import { createEventStreamParser, isSseError } from '@sse/core'
import { collectAllGarbage } from '../harness/garbage.ts'
import type { TimedSubject } from '../harness/rounds.ts'
import { sample } from '../harness/sample.ts'

export type Chunks = readonly Uint8Array<ArrayBuffer>[]

export type Verdict = 'accepted' | 'refused' | 'decoded' | 'lost'

/** Takes the chunks of a line until there is a verdict about it. */
export type Reader = (chunks: Chunks) => { readonly verdict: Verdict; readonly bytesRead: number }

/** One event whose data is one line, `length` bytes in all. */
export function longLine(length: number): Uint8Array<ArrayBuffer> {
  const line = Buffer.alloc(length, 'every letter counts, ')
  line.write('data: ', 0)
  line.write('\n\n', length - 2)
  return line
}

/** Feeds a fresh parser. Stops at the error, as a reader of a stream does. */
export function parserWith(maxEventLength: number | undefined): Reader {
  return (chunks) => {
    let accepted = false
    let bytesRead = 0
    const parser = createEventStreamParser({
      limits: { maxEventLength },
      onEvent: () => {
        accepted = true
      },
    })
    try {
      for (const chunk of chunks) {
        bytesRead += chunk.length
        parser.feed(chunk)
      }
    } catch (error) {
      if (isSseError(error, 'event-too-large')) return { verdict: 'refused', bytesRead }
      throw error
    }
    return { verdict: accepted ? 'accepted' : 'lost', bytesRead }
  }
}

/** The floor: the chunks become text, which nobody looks at. */
export const decoderAlone: Reader = (chunks) => {
  const decoder = new TextDecoder()
  let bytesRead = 0
  for (const chunk of chunks) bytesRead += decoder.decode(chunk, { stream: true }).length
  return { verdict: 'decoded', bytesRead }
}

/** One reader on one line. */
export class LongLineSubject implements TimedSubject {
  readonly name: string
  /** How much of the line the reader took before it gave its verdict. */
  bytesRead = 0
  readonly #chunks: Chunks
  readonly #read: Reader
  readonly #expected: Verdict

  constructor(name: string, chunks: Chunks, read: Reader, expected: Verdict) {
    this.name = name
    this.#chunks = chunks
    this.#read = read
    this.#expected = expected
  }

  time(): Promise<number> {
    // All of it, because the text of 64 MiB does not live in the young generation. The little code there is to
    // compile again is nothing beside that.
    collectAllGarbage()
    return sample(async () => {
      const { verdict, bytesRead } = this.#read(this.#chunks)
      if (verdict !== this.#expected) throw new Error(`A line of ${this.name} was ${verdict}.`)
      this.bytesRead = bytesRead
    })
  }
}
