import { defineEvents } from '@sse/core'
import { Channel } from '@sse/server'
import { MachineMetrics, metricsSchema } from './machine-metrics.ts'
import type { RequestRate } from './request-rate.ts'

const events = defineEvents({ metrics: metricsSchema })

/** A channel on which this machine is measured once a second. Two minutes are kept for those who connect. */
export class MetricsStream {
  readonly channel = new Channel(events, { name: 'metrics', retention: { events: 120 } })
  readonly #machine = new MachineMetrics()
  readonly #requests: RequestRate
  readonly #streams: () => number
  readonly #timer: NodeJS.Timeout
  #closed = false

  constructor(requests: RequestRate, streams: () => number) {
    this.#requests = requests
    this.#streams = streams
    this.#timer = setInterval(() => void this.#publish(), 1_000).unref()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
    this.#machine.close()
    this.channel.close()
  }

  async #publish(): Promise<void> {
    const reading = await this.#machine.read()
    // The demo may have been closed while the system was asked.
    if (this.#closed) return
    this.channel.publish('metrics', { ...reading, ...this.#requests.read(), streams: this.#streams() })
  }
}
