import { describe, expect, test } from 'vitest'
import { eventText, outgoingEvent } from '../outgoing-event.ts'
import { StreamReader } from './stream-reader.ts'

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`

const texts = [1, 2, 3].map((n) => eventText(outgoingEvent(n, 60, 1_000_000 + n)))
const stream = `retry: 2000\n\nid: x-0\n\n: ping\n\n${texts.join('')}`

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}

/** Reads the pieces one after the other. */
function read(...pieces: readonly string[]): { reader: StreamReader; times: readonly number[] } {
  const times: number[] = []
  const reader = new StreamReader((time) => times.push(time))
  for (const piece of pieces) {
    const bytes = Buffer.from(piece)
    reader.read(bytes, bytes.length)
  }
  return { reader, times }
}

describe('counts the events that a client gets', () => {
  test('wherever the response is cut in two', () => {
    // One chunk ends inside an event, another inside a line end.
    const response =
      CHUNKED + chunk(stream.slice(0, 70)) + chunk(stream.slice(70, -1)) + chunk(stream.slice(-1))
    for (let cut = 0; cut <= response.length; cut++) {
      const { reader, times } = read(response.slice(0, cut), response.slice(cut))
      expect(reader).toMatchObject({ open: true, events: 3, fault: undefined })
      expect(times).toEqual([1_000_001, 1_000_002, 1_000_003])
    }
  })

  test('byte by byte', () => {
    const { reader } = read(...(CHUNKED + chunk(stream)))
    expect(reader).toMatchObject({ events: 3, fault: undefined })
  })

  test('without chunks', () => {
    expect(read(`${HEAD}\r\n${stream}`).reader).toMatchObject({ events: 3, fault: undefined })
  })

  test('with lines in another order, without the space, with a name', () => {
    const block = `event:message\ndata:${outgoingEvent(1, 60).data}\nid:1\n\n`
    expect(read(CHUNKED + chunk(block)).reader).toMatchObject({ events: 1, fault: undefined })
  })

  test('not before they are complete', () => {
    const { reader } = read(CHUNKED + chunk(`${texts[0]}${texts[1]}`.slice(0, -1)))
    expect(reader.events).toBe(1)
  })

  test('and not the blank lines between chunks', () => {
    expect(read(CHUNKED + chunk(': ping\n\n') + chunk('\n\n')).reader.events).toBe(0)
  })
})

describe('finds fault with', () => {
  test.each([
    ['a lost event', [1, 3], 'got event 3 as number 2'],
    ['a doubled event', [1, 1], 'got event 1 as number 2'],
    ['a swapped event', [2, 1], 'got event 2 as number 1'],
  ])('%s', (_, numbers, fault) => {
    const { reader } = read(CHUNKED + chunk(numbers.map((n) => eventText(outgoingEvent(n, 60))).join('')))
    expect(reader.fault).toBe(fault)
  })

  test('an event with other data, such as one of the contender itself', () => {
    expect(read(CHUNKED + chunk('event: gap\ndata: {"missed":3}\n\n')).reader.fault).toBeDefined()
  })

  test('a refusal', () => {
    expect(read('HTTP/1.1 503 Service Unavailable\r\n\r\n').reader.fault).toContain('503')
  })

  test('bytes after the last chunk', () => {
    expect(read(`${CHUNKED}0\r\n\r\nmore`).reader.fault).toBe('got bytes after the last chunk')
  })
})
