import { FakeClock } from '@sse/testing'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { GzipEncoder } from '../src/compression/gzip-encoder.ts'
import { Channel } from '../src/index.ts'
import { collectStreamMetrics } from '../src/node/prometheus.ts'
import { tellUncompressed } from '../src/stream/content-encoding.ts'
import { FakeSink, openStream } from './fake-sink.ts'
import { deflate } from './gzip-reader.ts'

/** The samples of a registry, as Prometheus scrapes them, by name and labels. */
async function scrape(registry: Registry): Promise<Record<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

it('counts streams, and what they carry while they are open and after', async () => {
  const registry = new Registry()
  using _metrics = collectStreamMetrics({ registry })
  const clock = new FakeClock({ turns: 'manual' })
  const channel = new Channel(undefined, { clock, name: 'news' })
  const first = new FakeSink()
  const { ended } = openStream(channel, { clock }, { sink: first })
  openStream(channel, { clock })
  channel.publish('a', 1)
  clock.runTurn()

  expect(await scrape(registry)).toMatchObject({
    sse_streams_open: 2,
    sse_stream_events_total: 2,
    'sse_channel_events_total{channel="news"}': 1,
    'sse_channel_flush_seconds_count{channel="news"}': 1,
  })
  clock.advance(2_000)
  first.disconnect()
  const end = await ended
  const after = await scrape(registry)
  expect(after).toMatchObject({
    sse_streams_open: 1,
    sse_stream_events_total: 2,
    'sse_streams_ended_total{reason="client-disconnect"}': 1,
    sse_stream_duration_seconds_sum: 2,
  })
  expect(after['sse_stream_bytes_total']).toBeGreaterThan(end.bytes)
  expect(after['sse_stream_wire_bytes_total']).toBe(after['sse_stream_bytes_total'])
})

it('counts what compression makes of bytes, of open streams and ended ones', async () => {
  const registry = new Registry()
  using _metrics = collectStreamMetrics({ registry })
  const clock = new FakeClock({ turns: 'manual' })
  const channel = new Channel(undefined, { clock })
  const sinks = [new FakeSink(), new FakeSink()]
  for (const sink of sinks) openStream(channel, { clock }, { sink, encoder: new GzipEncoder(deflate()) })
  channel.publish('a', 'x'.repeat(10_000))
  clock.runTurn()
  sinks[0]?.disconnect()
  await Promise.resolve()
  tellUncompressed({})

  const wire = sinks.flatMap(({ writes }) => writes).reduce((sum, { byteLength }) => sum + byteLength, 0)
  const metrics = await scrape(registry)
  expect(metrics).toMatchObject({
    sse_streams_open: 1,
    sse_stream_wire_bytes_total: wire,
    sse_streams_uncompressed_total: 1,
  })
  expect(metrics['sse_stream_bytes_total']).toBeGreaterThan(20_000)
  expect(wire).toBeLessThan(1_000)
})

it('counts waits, lag and gaps by channel and reason', async () => {
  const registry = new Registry()
  using _metrics = collectStreamMetrics({ registry, prefix: 'my_' })
  const clock = new FakeClock({ turns: 'manual' })
  const channel = new Channel(undefined, { clock, name: 'news', retention: { events: 2 } })
  const sink = new FakeSink()
  openStream(channel, { clock }, { sink })
  sink.stall()
  for (let n = 0; n < 5; n++) {
    channel.publish('a', n)
    clock.runTurn()
  }
  expect((await scrape(registry))['my_channel_lag_events{channel="news"}']).toBe(4)
  clock.advance(100)
  sink.drain()

  expect(await scrape(registry)).toMatchObject({
    'my_channel_gaps_total{channel="news",reason="lagged"}': 1,
    my_send_wait_seconds_count: 1,
    'my_send_wait_seconds_bucket{le="0.1"}': 1,
  })
})

it('stops when it is disposed of, and leaves nothing in the registry', async () => {
  const registry = new Registry()
  collectStreamMetrics({ registry })[Symbol.dispose]()
  await openStream(['a'], {}).ended

  expect(await registry.getMetricsAsArray()).toEqual([])
  // Nothing is registered any more, so it can begin again.
  using _again = collectStreamMetrics({ registry })
  await openStream(['a'], {}).ended
  expect((await scrape(registry))['sse_streams_ended_total{reason="complete"}']).toBe(1)
})
