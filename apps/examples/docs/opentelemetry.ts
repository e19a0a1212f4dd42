import { subscribe } from 'node:diagnostics_channel'
import { metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import type { DiagnosticMessages, StreamProgress } from '@sse/server'

const meter = metrics.getMeter('@sse/server')
const tracer = trace.getTracer('@sse/server')

const open = meter.createUpDownCounter('sse.streams.open')
const published = meter.createCounter('sse.channel.events')
const gaps = meter.createCounter('sse.channel.gaps')
const wait = meter.createHistogram('sse.send.wait', { unit: 'ms' })

/** A span for each stream, from its first byte to its end. */
const spans = new WeakMap<StreamProgress, ReturnType<typeof tracer.startSpan>>()

on('sse:stream:open', ({ stream, lastEventId }) => {
  open.add(1)
  spans.set(stream, tracer.startSpan('event stream', { attributes: { 'sse.resumed': lastEventId !== '' } }))
})
on('sse:stream:close', ({ stream, end }) => {
  open.add(-1)
  const span = spans.get(stream)
  span?.setAttributes({ 'sse.end': end.reason, 'sse.events': end.events, 'sse.bytes': end.bytes })
  if (end.reason === 'error') span?.setStatus({ code: SpanStatusCode.ERROR, message: String(end.error) })
  span?.end()
})
on('sse:stream:drain', ({ waitedMs }) => wait.record(waitedMs))
on('sse:channel:publish', ({ channel }) => published.add(1, { channel: channel.name }))
on('sse:channel:gap', ({ channel, gap }) => gaps.add(1, { channel: channel.name, reason: gap.reason }))

function on<Name extends keyof DiagnosticMessages>(
  name: Name,
  listener: (message: DiagnosticMessages[Name]) => void,
) {
  subscribe(name, (message) => listener(message as DiagnosticMessages[Name]))
}
