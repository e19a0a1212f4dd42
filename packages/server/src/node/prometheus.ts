import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { DiagnosticMessages, StreamProgress } from '../diagnostics.ts'

export interface CollectStreamMetricsOptions {
  /** Where the metrics are registered: `register` of prom-client, or a registry of your own. */
  readonly registry: Registry
  /** What every name begins with. Default `'sse_'`. */
  readonly prefix?: string | undefined
}

/** Seconds that a stream stays open: from a failed attempt to a day. */
const DURATION_BUCKETS = [0.1, 1, 10, 60, 300, 900, 3_600, 14_400, 86_400]
/** Seconds that a client lets a full stream wait. */
const WAIT_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60]

/**
 * Turns the diagnostics of all streams and channels of this process into prom-client metrics. Labels are channel names,
 * end reasons, gap reasons and statuses; nothing that a client chooses.
 *
 * Returns what stops it: `using metrics = collectStreamMetrics({ registry })`, or call `metrics[Symbol.dispose]()`.
 */
export function collectStreamMetrics({ registry, prefix = 'sse_' }: CollectStreamMetricsOptions): Disposable {
  const metrics = createMetrics(registry, prefix)
  const listeners = listen(metrics)
  for (const [name, listener] of listeners) subscribe(name, listener)
  return {
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) unsubscribe(name, listener)
      for (const name of metrics.names) registry.removeSingleMetric(name)
    },
  }
}

/** What the streams that have ended carried, and the streams that are open. */
class Traffic {
  readonly open = new Set<StreamProgress>()
  #endedEvents = 0
  #endedBytes = 0
  #endedWireBytes = 0

  end(stream: StreamProgress): void {
    // A stream that was open before anyone listened is not counted in the middle of its life.
    if (!this.open.delete(stream)) return
    this.#endedEvents += stream.events
    this.#endedBytes += stream.bytes
    this.#endedWireBytes += stream.wireBytes
  }

  get events(): number {
    let events = this.#endedEvents
    for (const stream of this.open) events += stream.events
    return events
  }

  get bytes(): number {
    let bytes = this.#endedBytes
    for (const stream of this.open) bytes += stream.bytes
    return bytes
  }

  get wireBytes(): number {
    let bytes = this.#endedWireBytes
    for (const stream of this.open) bytes += stream.wireBytes
    return bytes
  }
}

type Metrics = ReturnType<typeof createMetrics>

function createMetrics(registry: Registry, prefix: string) {
  const traffic = new Traffic()
  const registers = [registry]
  const names: string[] = []
  const named = (name: string, help: string) => {
    names.push(prefix + name)
    return { name: prefix + name, help, registers }
  }
  return {
    traffic,
    names,
    all: {
      open: new Gauge({
        ...named('streams_open', 'Streams that are open'),
        collect() {
          this.set(traffic.open.size)
        },
      }),
      // Added up when somebody looks: counting each event would cost something for each client and event.
      events: new Counter({
        ...named('stream_events_total', 'Events written to clients'),
        collect() {
          this.reset()
          this.inc(traffic.events)
        },
      }),
      bytes: new Counter({
        ...named('stream_bytes_total', 'Bytes of event streams, before compression'),
        collect() {
          this.reset()
          this.inc(traffic.bytes)
        },
      }),
      wireBytes: new Counter({
        ...named(
          'stream_wire_bytes_total',
          'Bytes written to clients, compressed or not, before framing by HTTP',
        ),
        collect() {
          this.reset()
          this.inc(traffic.wireBytes)
        },
      }),
      uncompressed: new Counter(
        named('streams_uncompressed_total', 'Streams for which there was no compressor left'),
      ),
      ended: new Counter({
        ...named('streams_ended_total', 'Streams that have ended, by reason'),
        labelNames: ['reason'] as const,
      }),
      refused: new Counter({
        ...named('streams_refused_total', 'Requests that were answered with an error instead of a stream'),
        labelNames: ['status'] as const,
      }),
      duration: new Histogram({
        ...named('stream_duration_seconds', 'How long streams were open'),
        buckets: DURATION_BUCKETS,
      }),
      wait: new Histogram({
        ...named('send_wait_seconds', 'How long streams were full until their client took something'),
        buckets: WAIT_BUCKETS,
      }),
      published: new Counter({
        ...named('channel_events_total', 'Events published'),
        labelNames: ['channel'] as const,
      }),
      publishedBytes: new Counter({
        ...named('channel_bytes_total', 'Bytes of the events published, as encoded'),
        labelNames: ['channel'] as const,
      }),
      flush: new Histogram({
        ...named('channel_flush_seconds', 'How long it took to offer all subscribers what is new'),
        labelNames: ['channel'] as const,
        buckets: WAIT_BUCKETS,
      }),
      lag: new Gauge({
        ...named('channel_lag_events', 'How many events the slowest reader is behind'),
        labelNames: ['channel'] as const,
      }),
      gaps: new Counter({
        ...named('channel_gaps_total', 'Readers who were told that they missed something, by reason'),
        labelNames: ['channel', 'reason'] as const,
      }),
    },
  }
}

/** A listener for each diagnostic. */
function listen({ traffic, all }: Metrics): Map<string, (message: unknown) => void> {
  const listeners = new Map<string, (message: unknown) => void>()
  const on = <Name extends keyof DiagnosticMessages>(
    name: Name,
    listener: (message: DiagnosticMessages[Name]) => void,
  ): void => {
    listeners.set(name, (message) => listener(message as DiagnosticMessages[Name]))
  }
  on('sse:stream:open', ({ stream }) => traffic.open.add(stream))
  on('sse:stream:close', ({ stream, end }) => {
    traffic.end(stream)
    all.ended.inc({ reason: end.reason })
    all.duration.observe(end.durationMs / 1000)
  })
  on('sse:stream:refuse', ({ status }) => all.refused.inc({ status }))
  on('sse:stream:uncompressed', () => all.uncompressed.inc())
  on('sse:stream:drain', ({ waitedMs }) => all.wait.observe(waitedMs / 1000))
  on('sse:channel:publish', ({ channel: { name }, bytes }) => {
    all.published.inc({ channel: name })
    all.publishedBytes.inc({ channel: name }, bytes)
  })
  on('sse:channel:flush', ({ channel, durationMs }) => {
    all.flush.observe({ channel: channel.name }, durationMs / 1000)
  })
  on('sse:channel:lag', ({ channel, events }) => all.lag.set({ channel: channel.name }, events))
  on('sse:channel:gap', ({ channel, gap }) => all.gaps.inc({ channel: channel.name, reason: gap.reason }))
  return listeners
}
