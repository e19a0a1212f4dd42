import { test } from 'vitest'
import { AVAILABLE, SERVERS } from './contenders/all-contenders.ts'
import { outgoingEvent } from './outgoing-event.ts'
import { Stage, WINDOW } from './stage.ts'

// Each scenario, tiny. What the clients check of every event is tested in load/stream-reader.test.ts.

test.concurrent.for(AVAILABLE)(
  '%s brings everything to everybody, whoever stalls',
  async (contender, { expect }) => {
    await using stage = await Stage.open(contender)
    await stage.connect({ clients: 6, stalled: 1 })
    const plan = { dataLength: 100, window: WINDOW, maxMs: 60_000 }
    const single = await stage.publish({ ...plan, burst: 1, maxEvents: 200 })
    expect(single).toMatchObject({ events: 200, deliveries: 1_000 })
    const bursts = await stage.publish({ ...plan, burst: 10, maxEvents: 200 })
    expect(bursts).toMatchObject({ events: 200, deliveries: 1_000 })
    const rate = await stage.publishAtRate({ dataLength: 100, perSecond: 500, events: 20 })
    expect(rate).toMatchObject({ events: 20, deliveries: 100 })
    expect((await stage.load.call('latencies')).p50Ms).toBeGreaterThan(0)
    expect((await stage.server.call('memory')).rssBytes).toBeGreaterThan(2 ** 20)
    await stage.leave()
  },
)

test.concurrent.for(SERVERS)(
  '%s serves who come and go, and holds nothing of them',
  async (contender, { expect }) => {
    const greeting = [1, 2, 3].map((n) => outgoingEvent(n, 100))
    await using stage = await Stage.open(contender, greeting)
    const { port } = stage
    const visits = await stage.load.call('visit', { port, atOnce: 2, events: 3, forMs: 500 })
    expect(visits.count).toBeGreaterThanOrEqual(2)
    await expect.poll(() => stage.server.call('countClients')).toBe(0)
    await expect.poll(() => stage.server.call('countSockets')).toBe(0)
  },
)
