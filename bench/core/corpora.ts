import { seededRandom } from './seeded-random.ts'

/** An event of a corpus, as every correct parser must report it. */
export interface CorpusEvent {
  readonly type: string
  readonly data: string
  /** `''` if the event has none. The events of one corpus have an ID either all or none, so that "the ID of this event" and "the last ID" agree. */
  readonly id: string
}

/** How to make a corpus: its n-th event, and how it is written on the wire. */
export interface Recipe {
  readonly name: string
  event(n: number, random: () => number): CorpusEvent
  /** Written out here, not by the encoder under test: a mistake in that must not cancel out. */
  write(event: CorpusEvent): string
}

/** What one pass over a corpus must add up to. */
export interface Totals {
  readonly events: number
  /** UTF-16 code units, as `string.length` counts them. */
  readonly dataLength: number
  readonly typeLength: number
  readonly idLength: number
}

export interface Corpus {
  readonly name: string
  readonly chunks: readonly Uint8Array<ArrayBuffer>[]
  readonly byteLength: number
  /** UTF-16 code units of the whole text. */
  readonly textLength: number
  readonly totals: Totals
}

export const CHUNK_SIZE = 16 * 1024

const WORDS = ['stream', 'of', 'small', 'tokens', 'that', 'a', 'model', 'writes', 'one', 'by', 'another', ',']

export const smallTokens: Recipe = {
  name: 'small JSON tokens',
  event: (_, random) => ({
    type: 'message',
    data: `{"delta":{"content":" ${pick(WORDS, random)}"},"index":${Math.floor(random() * 1000)}}`,
    id: '',
  }),
  write: ({ data }) => `data: ${data}\n\n`,
}

const HUNDRED_BYTES = 100

export const idAndType: Recipe = {
  name: '100-byte events with id and event',
  event(n, random) {
    const id = `1767225600000-${String(n).padStart(7, '0')}`
    const type = pick(['price', 'trade', 'depth'], random)
    const start = `{"symbol":"ABC","price":${(random() * 900 + 100).toFixed(4)},"note":"`
    const padding = HUNDRED_BYTES - writeIdAndType({ id, type, data: `${start}"}` }).length
    return { id, type, data: `${start}${'x'.repeat(padding)}"}` }
  },
  write: writeIdAndType,
}

export const longLines: Recipe = {
  name: '64 KiB single-line data',
  event(_, random) {
    // Not one repeated letter: no parser should be able to profit from that.
    const block = Array.from({ length: 64 }, () => pick(WORDS, random)).join(' ')
    return { type: 'message', data: block.repeat(300).slice(0, 64 * 1024), id: '' }
  },
  write: ({ data }) => `data: ${data}\n\n`,
}

const CODE_LINES = [
  'export function next(state: State): State {',
  '  const { at } = state',
  '',
  '    return at',
  '}',
]

export const multiLineCrlf: Recipe = {
  name: 'multi-line CRLF',
  event(_, random) {
    const lines = Array.from({ length: 3 + Math.floor(random() * 6) }, () => pick(CODE_LINES, random))
    // Three bytes that a chunk may cut: they keep a decoder honest, and make its strings two-byte ones.
    if (random() < 0.1) lines.push('  // at → next')
    return { type: 'diff', data: lines.join('\n'), id: '' }
  },
  write: ({ type, data }) =>
    `event: ${type}\r\n${data.replace(/^/gm, 'data: ').replaceAll('\n', '\r\n')}\r\n\r\n`,
}

export const RECIPES: readonly Recipe[] = [smallTokens, idAndType, longLines, multiLineCrlf]

/** Whole events of a recipe, the same ones each time, until their text has `minLength` code units. */
export function* eventsOf(
  recipe: Recipe,
  minLength: number,
): Generator<{ readonly event: CorpusEvent; readonly text: string }, undefined> {
  const random = seededRandom(1)
  for (let n = 0, length = 0; length < minLength; n++) {
    const event = recipe.event(n, random)
    const text = recipe.write(event)
    length += text.length
    yield { event, text }
  }
}

export function buildCorpus(recipe: Recipe, minLength: number): Corpus {
  const totals = { events: 0, dataLength: 0, typeLength: 0, idLength: 0 }
  const texts: string[] = []
  for (const { event, text } of eventsOf(recipe, minLength)) {
    totals.events++
    totals.dataLength += event.data.length
    totals.typeLength += event.type.length
    totals.idLength += event.id.length
    texts.push(text)
  }
  const text = texts.join('')
  const bytes = new TextEncoder().encode(text)
  return {
    name: recipe.name,
    chunks: cut(bytes, CHUNK_SIZE),
    byteLength: bytes.length,
    textLength: text.length,
    totals,
  }
}

export function cut(bytes: Uint8Array<ArrayBuffer>, size: number): readonly Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  )
}

function writeIdAndType({ id, type, data }: CorpusEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`
}

function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T
}
