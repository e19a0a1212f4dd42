import { expect, it } from 'vitest'
import { validateResponse } from './validate-response.ts'

function codeOf(status: number, type?: string): string | undefined {
  const headers = new Headers(type === undefined ? {} : { 'content-type': type })
  return validateResponse({ url: '', status, headers })?.code
}

it.each([
  [200, 'text/event-stream', undefined],
  [200, 'text/event-stream; charset=utf-8', undefined],
  [200, 'Text/Event-Stream;charset=utf-8', undefined],
  [200, 'text/event-streamish', 'not-an-event-stream'],
  [200, 'text/html', 'not-an-event-stream'],
  [200, 'application/json', 'not-an-event-stream'],
  [200, undefined, 'not-an-event-stream'],
  [201, 'text/event-stream', 'refused'],
  [204, undefined, 'no-content'],
  [204, 'text/event-stream', 'no-content'],
  [205, 'text/event-stream', 'refused'],
  [302, undefined, 'refused'],
  [404, 'text/event-stream', 'refused'],
  [503, undefined, 'refused'],
])('takes status %d with type %s as %s (§9.2.3)', (status, type, code) => {
  expect(codeOf(status, type)).toBe(code)
})

it('says in words what was wrong', () => {
  const html = new Headers({ 'content-type': 'text/html' })
  expect(validateResponse({ url: '', status: 200, headers: html })?.message).toMatch(
    /"text\/html", not text\/event-stream/,
  )
  expect(validateResponse({ url: '', status: 418, headers: html })).toMatchObject({
    message: expect.stringContaining('status 418'),
    response: { status: 418 },
  })
})
