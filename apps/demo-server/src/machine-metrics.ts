import { cpus, freemem, totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { networkStats } from 'systeminformation'
import { z } from 'zod'

/** One reading of this machine. */
export const metricsSchema = z.object({
  at: z.iso.datetime(),
  cpuPercent: z.number().min(0).max(100),
  memoryUsedBytes: z.number().nonnegative(),
  memoryTotalBytes: z.number().positive(),
  processMemoryBytes: z.number().positive(),
  eventLoopDelayMs: z.number().nonnegative(),
  /** `null` where the system does not tell, and in the first reading. */
  networkReceivedBytesPerSecond: z.number().nonnegative().nullable(),
  networkSentBytesPerSecond: z.number().nonnegative().nullable(),
  requestsPerSecond: z.number().nonnegative(),
  errorPercent: z.number().min(0).max(100),
  streams: z.number().int().nonnegative(),
})

type MachineReading = Omit<z.infer<typeof metricsSchema>, 'requestsPerSecond' | 'errorPercent' | 'streams'>

/** Reads what the machine does; rates are means since the reading before. */
export class MachineMetrics {
  readonly #eventLoopDelay = monitorEventLoopDelay({ resolution: 10 })
  #cpu = cpuTimes()

  constructor() {
    this.#eventLoopDelay.enable()
  }

  async read(): Promise<MachineReading> {
    const network = await networkRates()
    return {
      at: new Date().toISOString(),
      cpuPercent: this.#cpuPercent(),
      memoryUsedBytes: totalmem() - freemem(),
      memoryTotalBytes: totalmem(),
      processMemoryBytes: process.memoryUsage.rss(),
      eventLoopDelayMs: this.#meanEventLoopDelayMs(),
      networkReceivedBytesPerSecond: network.received,
      networkSentBytesPerSecond: network.sent,
    }
  }

  close(): void {
    this.#eventLoopDelay.disable()
  }

  #cpuPercent(): number {
    const before = this.#cpu
    this.#cpu = cpuTimes()
    const total = this.#cpu.total - before.total
    return total <= 0 ? 0 : clamp((1 - (this.#cpu.idle - before.idle) / total) * 100, 0, 100)
  }

  #meanEventLoopDelayMs(): number {
    const { mean } = this.#eventLoopDelay
    this.#eventLoopDelay.reset()
    // Nanoseconds, of the sampling timer's own 10 ms and what came on top; NaN without a sample.
    return Number.isNaN(mean) ? 0 : Math.max(0, mean / 1e6 - 10)
  }
}

/** Milliseconds since boot, summed over the processors. */
function cpuTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    for (const spent of Object.values(times)) total += spent
  }
  return { idle, total }
}

/** Over all interfaces but the loopback, which carries the demo's own streams. */
async function networkRates(): Promise<{ readonly received: number | null; readonly sent: number | null }> {
  const interfaces = (await networkStats('*')).filter(({ iface }) => !/^lo\d*$/.test(iface))
  // NaN when no time has passed since the reading before.
  const sum = (rates: readonly (number | null)[]): number | null =>
    rates.some(Number.isFinite)
      ? rates.reduce<number>((total, rate) => total + Math.max(0, rate || 0), 0)
      : null
  return {
    received: sum(interfaces.map(({ rx_sec }) => rx_sec)),
    sent: sum(interfaces.map(({ tx_sec }) => tx_sec)),
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
