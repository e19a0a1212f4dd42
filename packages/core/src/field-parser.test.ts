import { describe, expect, it } from 'vitest'
import { EVENT_STREAM_CASES } from '../test/event-stream-cases.ts'
import { CHUNKINGS, cut, recorder } from '../test/feeds.ts'
import { DEFAULT_MAX_EVENT_LENGTH } from './event-limit.ts'
import { createUnboundedParser } from './field-parser.ts'

describe.each(Object.entries(CHUNKINGS))('an unbounded parser, cut %s,', (_, sizes) => {
  it.each(EVENT_STREAM_CASES)('reads $section: $name', ({ wire, events, retries = [], lastEventId }) => {
    const { comments: _, ...read } = recorder()
    const parser = createUnboundedParser(read)
    for (const chunk of cut(new TextEncoder().encode(wire), sizes())) parser.feed(chunk)
    expect(read).toMatchObject({ events, retries })
    expect(parser.lastEventId).toBe(lastEventId)
  })
})

describe('an unbounded parser', () => {
  it('takes an event, a comment and an id past the default limit, also when they drip in', () => {
    const { events, comments, ...handlers } = recorder()
    const parser = createUnboundedParser(handlers)
    const long = 'x'.repeat(DEFAULT_MAX_EVENT_LENGTH + 1)
    for (const chunk of cut(`: ${long}\nid: ${long}\ndata: ${long}\n\n`, () => 65_536)) parser.feed(chunk)
    expect(comments).toEqual([long])
    expect(events).toEqual([{ type: 'message', data: long, lastEventId: long }])
  })
})
