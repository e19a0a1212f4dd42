import { describe, expect, it } from 'vitest'
import { readLastEventId } from './last-event-id.ts'

/** A header as HTTP parsers hand it out: one character for each byte. */
function wire(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function read(header: string | undefined, url = '/'): string {
  return readLastEventId({ url, headers: { 'last-event-id': header } })
}

describe('the last event ID of a request', () => {
  it('is empty where there is none', () => {
    expect(readLastEventId({ headers: {} })).toBe('')
    expect(read(undefined, '/x?y=1')).toBe('')
    expect(read('', '/x')).toBe('')
  })

  it.each(['7', 'a b', 'é', 'ключ', '😀', '\uFEFFbom'])('is what the client sent as UTF-8: %s', (id) => {
    expect(read(wire(id))).toBe(id)
  })

  it('is left alone where it was decoded already', () => {
    expect(read('ключ')).toBe('ключ')
  })

  it('has replacement characters where the bytes are no UTF-8', () => {
    expect(read('a\xff')).toBe('a\uFFFD')
  })

  it('comes from the query where the header does not say', () => {
    expect(read(undefined, '/x?lastEventId=a%20b%2Bc')).toBe('a b+c')
    expect(read('', '/x?lastEventId=7')).toBe('7')
    expect(read('6', '/x?lastEventId=7')).toBe('6')
    expect(read(undefined, '/x?lastEventId=1&lastEventId=2')).toBe('1')
    expect(read(undefined, '/x?lastEventId=%E0%A4%A')).toBe('\uFFFD%A')
  })

  it('is read from the headers of a Request too', () => {
    const headers = { 'Last-Event-ID': wire('é7') }
    expect(readLastEventId(new Request('http://localhost/?lastEventId=6', { headers }))).toBe('é7')
    expect(readLastEventId(new Request('http://localhost/?lastEventId=6'))).toBe('6')
    expect(readLastEventId(new Request('http://localhost/'))).toBe('')
  })

  it('is found where a client sends a header that is called like the method of Headers', () => {
    expect(readLastEventId({ headers: { get: 'x', 'last-event-id': '7' } })).toBe('7')
  })
})
