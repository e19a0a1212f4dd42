import { parseObject } from './json.ts'

const MEASURES = [
  'cpuPercent',
  'memoryUsedBytes',
  'memoryTotalBytes',
  'eventLoopDelayMs',
  'networkReceivedBytesPerSecond',
  'networkSentBytesPerSecond',
  'requestsPerSecond',
  'errorPercent',
  'streams',
] as const

type Measure = (typeof MEASURES)[number]

/** One `metrics` event. A measure is null where the server's platform does not provide it. */
export interface MetricsSample extends Readonly<Record<Measure, number | null>> {
  /** Seconds since 1970, the unit of the chart's time axis. */
  readonly time: number
}

/** Undefined if the data has no time to show it at. */
export function parseMetrics(data: string): MetricsSample | undefined {
  const fields = parseObject<Measure | 'at'>(data)
  const time = typeof fields?.at === 'string' ? Date.parse(fields.at) / 1_000 : Number.NaN
  if (fields === undefined || Number.isNaN(time)) return undefined

  const measured = (measure: Measure): number | null => {
    const value = fields[measure]
    return typeof value === 'number' ? value : null
  }
  const values = Object.fromEntries(MEASURES.map((measure) => [measure, measured(measure)]))
  return { time, ...(values as Record<Measure, number | null>) }
}

export function memoryPercent({ memoryUsedBytes, memoryTotalBytes }: MetricsSample): number | null {
  if (memoryUsedBytes === null || !memoryTotalBytes) return null
  return (memoryUsedBytes / memoryTotalBytes) * 100
}

export function kilobytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 1_000
}
