import { describe, expect, it } from 'vitest'
import { acceptsEventStream, refuseRequest } from './refusal.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'QUERY']

describe('an Accept header', () => {
  it.each([
    'text/event-stream',
    'TEXT/Event-Stream',
    '  text/event-stream  ',
    'text/event-stream;charset=utf-8',
    'text/event-stream; charset="utf-8"',
    'text/event-stream;q=1',
    'text/event-stream;q=0.001',
    'text/event-stream ; Q=0.5',
    'text/event-stream;charset=utf-8;q=0.3',
    'application/json, text/event-stream',
    'application/json;q=0.9,text/event-stream;q=0.1',
    'text/*',
    'TEXT/*;q=0.1',
    '*/*',
    'text/html, image/gif, */*; q=.2',
    '*/*;q=0, text/event-stream',
    'text/*;q=0, text/event-stream',
    'text/event-stream, text/*;q=0, */*;q=0',
    '*/*;q=0, text/*',
    '',
    '   ',
    ', ,text/event-stream,',
    'text/event-stream;q=',
    'text/event-stream;q=high',
    'text/event-stream;q',
    'text/event-stream;;;',
  ])('lets an event stream through: %j', (accept) => {
    expect(acceptsEventStream(accept)).toBe(true)
  })

  it.each([
    'text/html',
    'application/json, text/plain',
    'text/event-stream;q=0',
    'text/event-stream;q=0.000',
    'text/event-stream;charset=utf-8;q=0',
    'text/event-stream;Q=0',
    'text/*;q=0',
    '*/*;q=0',
    '*/*, text/event-stream;q=0',
    '*/*, text/*;q=0',
    'text/event-stream;q=0, text/*, */*',
    'text/event-streams',
    'text/event-stream2, text/event',
    'application/text/event-stream',
    'text',
    '*',
    ';q=1',
    ',,,',
    'text/html;a=text/event-stream',
  ])('rules an event stream out: %j', (accept) => {
    expect(acceptsEventStream(accept)).toBe(false)
  })

  it('of any length is read in time that grows with it alone', () => {
    const long = 'text/html;q=0.1,'.repeat(50_000)
    const begun = performance.now()
    expect(acceptsEventStream(long)).toBe(false)
    expect(acceptsEventStream(`${long}text/event-stream`)).toBe(true)
    expect(acceptsEventStream(`${';'.repeat(500_000)},*/*`)).toBe(true)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })
})

describe('a request for an event stream', () => {
  it.each(METHODS)('is not refused for %s, with or without an Accept', (method) => {
    expect(refuseRequest({ method, headers: {} }, METHODS)).toBeUndefined()
    expect(refuseRequest({ method, headers: { accept: 'text/event-stream' } }, METHODS)).toBeUndefined()
    expect(
      refuseRequest({ method, headers: new Headers({ Accept: 'text/event-stream' }) }, METHODS),
    ).toBeUndefined()
  })

  it('counts as GET where it names no method', () => {
    expect(refuseRequest({ headers: {} }, ['GET'])).toBeUndefined()
    expect(refuseRequest({ headers: {} }, ['POST'])?.status).toBe(405)
  })

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'get', ''])(
    'is refused for %j, and told which to use',
    (method) => {
      expect(refuseRequest({ method, headers: { accept: 'text/html' } }, METHODS)).toEqual({
        status: 405,
        headers: { allow: 'GET, HEAD, POST, QUERY' },
        message: `This event stream cannot be asked for by ${method}. Use GET or HEAD or POST or QUERY.`,
      })
    },
  )

  it('is refused for an Accept without it, of which no more than a part is repeated', () => {
    const refusal = refuseRequest(
      { method: 'GET', headers: { accept: `text/html;${'x'.repeat(9_000)}` } },
      METHODS,
    )
    expect(refusal).toMatchObject({ status: 406, headers: { vary: 'accept' } })
    expect(refusal?.message).toMatch(
      /^This is an event stream, but the request accepts only text\/html;x+\. Add text\/event-stream to Accept\.$/,
    )
    expect(refusal?.message.length).toBeLessThan(250)
  })
})
