/** Whoever cannot pass a clock fakes the timers of the runtime: `systemClock` goes along with them. */
import { parseEventStream, systemClock } from '@sse/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pause, scriptedFetch, turns } from '../../src/index.ts'
import { scriptedServer } from '../../src/node.ts'

afterEach(() => void vi.useRealTimers())

/** The data of the events as they come. */
function listen(response: Promise<Response>): unknown[] {
  const heard: unknown[] = []
  void response.then(async (stream) => {
    for await (const { data } of parseEventStream(stream)) heard.push(data)
    heard.push('end')
  })
  return heard
}

describe("with all of vitest's fake timers", () => {
  beforeEach(() => void vi.useFakeTimers())

  it('the clock stands still, and moves with them', async () => {
    const [now, wall] = [systemClock.now(), systemClock.wallTime()]
    const fired: number[] = []
    systemClock.schedule(() => fired.push(systemClock.now() - now), 15_000)
    const cancel = systemClock.schedule(() => fired.push(-1), 15_000)
    cancel()
    await vi.advanceTimersByTimeAsync(14_999)
    expect(fired).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect([fired, systemClock.now() - now, systemClock.wallTime() - wall]).toEqual([
      [15_000],
      15_000,
      15_000,
    ])
  })

  it('a slow head and a scripted pause pass with them', async () => {
    const fetch = scriptedFetch([{ delayMs: 1_000, steps: [{ data: 'a' }, pause(15_000), { data: 'b' }] }])
    const heard = listen(fetch('/events'))
    await vi.advanceTimersByTimeAsync(999)
    expect([heard, fetch.exchanges[0]?.isOpen]).toEqual([[], true])
    await vi.advanceTimersByTimeAsync(1)
    expect(heard).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(14_999)
    expect(heard).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(1)
    expect(heard).toEqual(['a', 'b', 'end'])
  })
})

describe('with only the fake timers that waits are made of', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }))

  it('sockets go on, and a pause on a server passes by hand', async () => {
    await using server = await scriptedServer([[{ data: 'a' }, pause(15_000), { data: 'b' }]])
    const heard = listen(fetch(server.url))
    const exchange = await server.next()
    while (heard.length < 1 || !exchange.isRead) await turns(1)
    await turns(1)
    expect(heard).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(15_000)
    while (heard.length < 3) await turns(1)
    expect(heard).toEqual(['a', 'b', 'end'])
  })
})
