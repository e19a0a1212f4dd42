import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Channel, EventSourceResponse } from '@sse/server'
import { expect, test } from 'vitest'

test('the OpenTelemetry recipe makes a span for each stream, and counts', async () => {
  const spans = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 2 ** 30 })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  await import('../docs/opentelemetry.ts')

  const channel = new Channel(undefined, { name: 'news' })
  const server = createServer((req, res) => new EventSourceResponse(channel).send(req, res)).listen(0)
  const response = await fetch(`http://localhost:${(server.address() as AddressInfo).port}`)
  channel.publish('tick', 1)
  channel.close()
  await response.text()
  await expect.poll(() => spans.getFinishedSpans().length).toBe(1)
  await reader.forceFlush()
  server.close()

  expect(spans.getFinishedSpans()[0]).toMatchObject({
    name: 'event stream',
    attributes: { 'sse.resumed': false, 'sse.end': 'complete', 'sse.events': 1 },
  })
  const counted = measured
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value])
  expect(Object.fromEntries(counted)).toMatchObject({ 'sse.streams.open': 0, 'sse.channel.events': 1 })
})
