import { describe, expect, test } from 'vitest'
import { FIELDS } from './contenders/all-contenders.ts'
import type { Contender } from './contenders/contender.ts'
import { fetchEventStream } from './contenders/fetch-event-stream.ts'
import {
  buildCorpus,
  CHUNK_SIZE,
  type CorpusEvent,
  eventsOf,
  idAndType,
  longLines,
  multiLineCrlf,
  RECIPES,
  type Recipe,
  smallTokens,
} from './corpora.ts'
import { faultOf } from './parsing-subject.ts'

/** Enough for several chunks, so that events are cut, and for more than one of the long lines. */
const LENGTH = 10 * CHUNK_SIZE

/** Its values lose the spaces that they begin with, so it cannot read indented text. */
const LOSES_LEADING_SPACES = new Set<Contender>([fetchEventStream])

describe.for(RECIPES)('$name', (recipe) => {
  const corpus = buildCorpus(recipe, LENGTH)
  const expected = [...eventsOf(recipe, LENGTH)].map(({ event }) => event)

  test('is the same every time', () => {
    expect(buildCorpus(recipe, LENGTH)).toEqual(corpus)
  })

  test('comes in chunks of 16 KiB, the last one shorter', () => {
    expect(corpus.chunks.slice(0, -1).every(({ length }) => length === CHUNK_SIZE)).toBe(true)
    expect(corpus.chunks.reduce((sum, { length }) => sum + length, 0)).toBe(corpus.byteLength)
  })

  test('cuts events at its chunk boundaries', () => {
    const ends = new Set<number>()
    let end = 0
    for (const { text } of eventsOf(recipe, LENGTH)) {
      end += Buffer.byteLength(text)
      ends.add(end)
    }
    const boundaries = corpus.chunks.slice(0, -1).map((_, n) => (n + 1) * CHUNK_SIZE)
    expect(boundaries.some((boundary) => !ends.has(boundary))).toBe(true)
  })

  test.for(FIELDS.flatMap((field) => field.contenders))(
    '$name reads every event of it',
    async (contender) => {
      const events: CorpusEvent[] = []
      await contender.parse(corpus.chunks, (type, data, id) => events.push({ type, data, id }))
      if (recipe === multiLineCrlf && LOSES_LEADING_SPACES.has(contender)) {
        expect(events).not.toEqual(expected)
        expect(await faultOf(contender, corpus)).toContain('dataLength')
      } else {
        expect(events).toEqual(expected)
        expect(await faultOf(contender, corpus)).toBeUndefined()
      }
    },
  )

  test.for(FIELDS.map((field) => field.bound))('$name decodes all of it', async (bound) => {
    expect(await bound.decode(corpus.chunks)).toBe(corpus.textLength)
  })
})

describe('the corpora are what their names say', () => {
  const textsOf = (recipe: Recipe): readonly string[] => [...eventsOf(recipe, LENGTH)].map(({ text }) => text)

  test('small tokens are short, and JSON', () => {
    for (const text of textsOf(smallTokens)) {
      expect(text.length).toBeLessThan(70)
      expect(() => JSON.parse(text.slice('data: '.length))).not.toThrow()
    }
  })

  test('100-byte events have 100 bytes, an ID and a type', () => {
    for (const text of textsOf(idAndType)) {
      expect(Buffer.byteLength(text)).toBe(100)
      expect(text).toMatch(/^id: \S+\nevent: \w+\ndata: \{.*\}\n\n$/)
    }
  })

  test('long lines carry 64 KiB', () => {
    for (const text of textsOf(longLines)) expect(text.length).toBe('data: \n\n'.length + 64 * 1024)
  })

  test('multi-line CRLF has no bare line feed, empty and indented lines, and characters of several bytes', () => {
    const text = textsOf(multiLineCrlf).join('')
    expect(text).not.toMatch(/(?<!\r)\n/)
    expect(text).toContain('data: \r\n')
    expect(text).toContain('data:   const')
    expect(Buffer.byteLength(text)).toBeGreaterThan(text.length)
  })
})
