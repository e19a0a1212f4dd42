import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineEvents, encodeFrame, isSseError, systemClock, type } from '@sse/core'
import { describe, expect, it } from 'vitest'
import { assertPingsEvery, FakeClock, type PingOptions, record } from '../index.ts'
import './vitest.ts'

const prices = [1, 2, 3].map((value) => ({ id: `${value}`, event: 'price', data: { value } }))

/** A log of events that resumes after an id that it knows, as told by `from`. */
function log(from: (lastEventId: string) => readonly object[], open = false) {
  return (request: Request): Response => {
    const id = request.headers.get('last-event-id') ?? ''
    return new Response(
      new ReadableStream({
        start(controller) {
          for (const event of from(id)) controller.enqueue(encodeFrame(event))
          if (!open) controller.close()
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    )
  }
}

const resuming = (id: string) => prices.slice(id === '' ? 0 : Number(id))

async function messageOf(asserted: Promise<unknown>): Promise<string> {
  const error = await asserted.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return (error as Error | undefined)?.message ?? 'passed'
}

describe('toEmitEvent', () => {
  it('finds what came, and waits for what comes', async () => {
    const later = new TransformStream<Uint8Array, Uint8Array>()
    await using stream = await record(later.readable)
    const coming = expect(stream).toEmitEvent({ type: 'price', data: { value: 1 } })
    const writer = later.writable.getWriter()
    await writer.write(encodeFrame({ id: '1', event: 'price', data: { value: 1 } }))
    await coming
    await expect(stream).toEmitEvent({ id: '1' })
    await expect(stream).toEmitEvent({ data: '{"value":1}' })
    await expect(stream).toEmitEvent({ data: expect.objectContaining({ value: expect.any(Number) }) })
    await expect(stream).toEmitEvent({ data: { value: expect.any(Number) } })
    await expect(stream).toEmitEvent({ data: (data) => (data as { value: number }).value > 0 })
    await expect(stream).toEmitEvent({ data: /value/ })
    await expect(stream).not.toEmitEvent({ data: {} }, { timeoutMs: 1 })
    await expect(stream).not.toEmitEvent({ type: 'message' }, { timeoutMs: 1 })
  })

  it('does not wait for long for what shall not come', async () => {
    await using stream = await record(log(resuming, true), { timeoutMs: 2 ** 31 })
    await expect(stream).not.toEmitEvent({ id: '4' })
  })

  it('tells what came instead, and the nearest', async () => {
    await using stream = await record(log(resuming), { clock: new FakeClock() })
    const message = await messageOf(
      expect(stream).toEmitEvent({ type: 'price', id: '2', data: { value: 7 } }),
    )
    expect(message).toMatchInlineSnapshot(`
      "Expected an event with type "price", id "2", data {"value":7}, but none came.

      The nearest was: price  id "2"  {"value":2}
        data expected {"value":7}
             received {"value":2}

      GET http://localhost/ came to its end. What came (5 entries, at 0 ms):
        0 ms  open          status 200
        0 ms  event price   id "1"  {"value":1}
        0 ms  event price   id "2"  {"value":2}
        0 ms  event price   id "3"  {"value":3}
        0 ms  end complete"
    `)
    expect(await messageOf(expect(stream).not.toEmitEvent({ id: '2' }))).toMatch(
      /^Expected no event with id "2", but there is one\./,
    )
  })
})

describe('toEmitEventsInOrder', () => {
  it('lets others come in between, unless it is strict', async () => {
    await using stream = await record(log(resuming), { clock: new FakeClock() })
    await expect(stream).toEmitEventsInOrder([{ id: '1' }, { id: '3' }])
    await expect(stream).not.toEmitEventsInOrder([{ id: '3' }, { id: '1' }])
    await expect(stream).toEmitEventsInOrder([{ id: '1' }, { id: '2' }], { strict: true })
    await expect(stream).not.toEmitEventsInOrder([{ id: '1' }, { id: '3' }], { strict: true })
    await expect(stream).not.toEmitEventsInOrder([{ id: '2' }], { strict: true })
    expect(
      await messageOf(expect(stream).toEmitEventsInOrder([{ id: '3' }, { id: '1' }])),
    ).toMatchInlineSnapshot(`
      "Expected these events in this order, others between them or not, but only the first 1 came so:

        ✓ id "3"
        ✗ id "1"

      GET http://localhost/ came to its end. What came (5 entries, at 0 ms):
        0 ms  open          status 200
        0 ms  event price   id "1"  {"value":1}
        0 ms  event price   id "2"  {"value":2}
        0 ms  event price   id "3"  {"value":3}
        0 ms  end complete"
    `)
    expect(
      await messageOf(expect(stream).toEmitEventsInOrder([{ id: '1' }, { id: '3' }], { strict: true })),
    ).toMatchInlineSnapshot(`
      "The events are not the expected ones: 1 extra (2 expected, 3 came).

        [0] price  id "1"  {"value":1}
      + [1] price  id "2"  {"value":2}
        [2] price  id "3"  {"value":3}

      - missing  + extra  ~ different

      GET http://localhost/ came to its end. What came (5 entries, at 0 ms):
        0 ms  open          status 200
        0 ms  event price   id "1"  {"value":1}
        0 ms  event price   id "2"  {"value":2}
        0 ms  event price   id "3"  {"value":3}
        0 ms  end complete"
    `)
  })

  it('does not wait for the rest when a strict order is broken', async () => {
    await using stream = await record(log(resuming, true), { timeoutMs: 2 ** 31 })
    expect(
      await messageOf(
        expect(stream).toEmitEventsInOrder(
          [{ id: '2' }, ...prices, ...prices].map(({ id }) => ({ id })),
          { strict: true },
        ),
      ),
    ).toMatch('different')
  })
})

describe('toEndWith', () => {
  it('tells how the stream ended, or that it is open', async () => {
    await using stream = await record(log(resuming))
    await expect(stream).toEndWith('complete')
    await expect(stream).not.toEndWith('cut')
    expect(await messageOf(expect(stream).toEndWith('cut'))).toMatch('but it ended with "complete"')
    await using open = await record(log(resuming, true), { timeoutMs: 1 })
    await expect(open).not.toEndWith('complete', { timeoutMs: 1 })
    expect(await messageOf(expect(open).toEndWith('complete'))).toMatch('but it did not end')
  })
})

describe('toResumeAfter', () => {
  const gap = (fields: object) => ({
    id: '2',
    event: 'gap',
    data: { reason: 'evicted', requestedId: '1', resumedAtId: '2', missed: 1, ...fields },
  })
  const cases: Record<
    string,
    { from: (id: string) => readonly object[]; after?: string; passes: boolean; says?: string }
  > = {
    'the contiguous rest': { from: resuming, passes: true },
    'the rest and new events': {
      from: (id) => [...resuming(id), ...(id ? [{ id: '4', data: '' }] : [])],
      passes: true,
    },
    'nothing where nothing is left': { from: resuming, after: '3', passes: true },
    'everything again': { from: () => prices, passes: false, says: 'what came is not the rest' },
    'a rest with a hole': {
      from: (id) => (id ? [prices[2] as object] : prices),
      passes: false,
      says: '1 missing',
    },
    'another order': {
      from: (id) => (id ? ([prices[2], prices[1]] as object[]) : prices),
      passes: false,
      says: 'not the rest',
    },
    'other data': {
      from: (id) => (id ? [{ ...prices[1], data: 9 }, prices[2] as object] : prices),
      passes: false,
      says: 'data expected',
    },
    'an event twice': {
      from: (id) => (id ? [...resuming(id), prices[2] as object] : prices),
      passes: false,
      says: '"3" came again',
    },
    'the last event again': {
      from: (id) => (id ? [prices[2] as object] : prices),
      after: '3',
      passes: false,
      says: '"3" came again',
    },
    'a gap and what is behind it': {
      from: (id) => (id ? [gap({}), prices[2] as object] : prices),
      passes: true,
    },
    'a gap with another hole': {
      from: (id) => (id ? [gap({ resumedAtId: '1', missed: null })] : prices),
      passes: false,
      says: 'not the rest',
    },
    'a gap that counts wrongly': {
      from: (id) => (id ? [gap({ missed: 2 }), prices[2] as object] : prices),
      passes: false,
      says: 'tells of 2 missed events, and there are 1',
    },
    'a gap after another id': {
      from: (id) => (id ? [gap({ requestedId: '0' }), prices[2] as object] : prices),
      passes: false,
      says: 'a gap is one after'.slice(2),
    },
    'a gap without a known position': {
      from: (id) =>
        id ? [gap({ reason: 'restarted', resumedAtId: 'x', missed: null }), { id: 'y', data: '' }] : prices,
      passes: true,
    },
    'an id that never came': {
      from: resuming,
      after: '9',
      passes: false,
      says: 'no event of the recording has this id',
    },
  }

  it.each(Object.entries(cases))('%s', async (_, { from, after = '1', passes, says = '' }) => {
    await using stream = await record(log(from))
    await stream.ended()
    if (passes) {
      await expect(stream).toResumeAfter(after)
      expect(await messageOf(expect(stream).not.toResumeAfter(after))).toMatch('not to resume')
    } else {
      expect(await messageOf(expect(stream).toResumeAfter(after))).toMatch(says)
      await expect(stream).not.toResumeAfter(after)
    }
  })

  it('fails for a source that refuses to go on', async () => {
    await using stream = await record((request) =>
      request.headers.has('last-event-id') ? new Response(null, { status: 204 }) : log(resuming)(request),
    )
    await stream.ended()
    expect(await messageOf(expect(stream).toResumeAfter('1'))).toMatch('it was refused')
  })

  it('says when a source can be read once only', async () => {
    await using stream = await record(log(resuming)(new Request('http://localhost')))
    await expect(expect(stream).toResumeAfter('1')).rejects.toSatisfy((error) =>
      isSseError<string>(error, 'not-a-source'),
    )
  })
})

describe('toPingEvery', () => {
  function pinging(clock: FakeClock, delays: readonly number[], withEvents = false) {
    return () => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      const writer = writable.getWriter()
      let count = 0
      const ping = () => {
        if (withEvents && count++ % 2) void writer.write(encodeFrame({ data: 'x' }))
        void writer.write(encodeFrame({ comment: 'ping' }))
        schedule()
      }
      let at = 0
      const schedule = () => clock.schedule(ping, delays[at++ % delays.length] ?? 0)
      schedule()
      return new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
    }
  }

  it('is exact with a FakeClock, which it moves', async () => {
    const clock = new FakeClock()
    await using stream = await record(pinging(clock, [15_000]), { clock, timeoutMs: 50 })
    await expect(stream).toPingEvery(15_000)
    await expect(stream).toPingEvery(15_000, { intervals: 5 })
    await expect(stream).not.toPingEvery(15_001)
    await expect(stream).not.toPingEvery(14_999)
    await expect(stream).toPingEvery(14_999, { toleranceMs: 1 })
    expect(await messageOf(expect(stream).toPingEvery(10_000))).toMatch(
      /^Expected pings every 10000 ms on the idle stream. Intervals between pings: none/,
    )
  })

  it.each(['in memory', 'over a socket'])('is exact with a server of Node %s', async (where) => {
    const clock = new FakeClock()
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      const ping = (): void => {
        response.write(': ping\n\n')
        cancel = clock.schedule(ping, 15_000)
      }
      let cancel = clock.schedule(ping, 15_000)
      response.once('close', () => cancel())
    })
    if (where === 'over a socket') {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const stream = await record(server.listening ? url() : server, { clock })
    await expect(stream).toPingEvery(15_000)
    await stream.close()
    server.close()
  })

  it('sees one interval that is wrong among others', async () => {
    const clock = new FakeClock()
    await using stream = await record(pinging(clock, [10, 10, 9]), { clock, timeoutMs: 50 })
    expect(await messageOf(expect(stream).toPingEvery(10, { intervals: 3 }))).toMatch(
      'Intervals between pings: 10 ms, 9 ms, 10 ms',
    )
  })

  it('measures anew after an event', async () => {
    const clock = new FakeClock()
    await using stream = await record(pinging(clock, [10, 5], true), { clock, timeoutMs: 50 })
    await expect(stream).toPingEvery(10, { intervals: 3 })
    await expect(stream).not.toPingEvery(5, { intervals: 1 })
  })

  it('tolerates what a clock does that nobody moves', async () => {
    let now = 0
    const clock = { ...systemClock, now: () => now }
    async function measured(delays: readonly number[], intervalMs: number, options?: PingOptions) {
      const measuring = Promise.withResolvers<void>()
      async function* pings() {
        await measuring.promise
        for (const delay of delays) {
          now += delay
          yield ': ping\n\n'
        }
      }
      const verdict = assertPingsEvery(await record(pings(), { clock }), intervalMs, options)
      measuring.resolve()
      return messageOf(verdict)
    }
    expect(await measured([1, 100, 150, 50], 100, { intervals: 3 })).toBe('passed')
    expect(await measured([1, 1_000, 750, 1_250], 1_000, { intervals: 3 })).toBe('passed')
    expect(await measured([1, 100, 151], 100)).toMatch('Intervals between pings: 100 ms, 151 ms')
    expect(await measured([1, 100, 110], 100, { toleranceMs: 9 })).toMatch('110 ms')
    expect(await measured([1, 100], 100)).toMatch('Intervals between pings: 100 ms.')
  })
})

describe('all matchers', () => {
  it('want a recording', async () => {
    await expect(expect('x').toEndWith('cut')).rejects.toThrow('This matcher is for a recording, as')
    await expect(expect(record(log(resuming))).toEndWith('cut')).rejects.toThrow('await record(…) first')
  })

  it('know the event map of the recording', async () => {
    const events = defineEvents({ price: type<{ value: number }>(), tick: type<number>() })
    await using stream = await record(log(resuming), { events })
    await expect(stream).toEmitEvent({ type: 'price', data: { value: 1 } })
    // @ts-expect-error: the map has no such type.
    await expect(stream).not.toEmitEvent({ type: 'prize' })
    // @ts-expect-error: a price is no number.
    await expect(stream).not.toEmitEvent({ type: 'price', data: 1 })
    await expect(stream).toResumeAfter('1')
  })
})
