import { describeGap } from './gap.ts'
import { parseObject } from './json.ts'
import { parseMetrics } from './metrics-sample.ts'
import { formatBytes, formatWithUnit } from './number-format.ts'
import type { ReceivedEvent } from './stream-reader.ts'

const LONGEST = 300

function summaryOfMetrics(data: string): string | undefined {
  const sample = parseMetrics(data)
  if (sample === undefined) return undefined
  return [
    `CPU ${formatWithUnit(sample.cpuPercent, '%')}`,
    `memory ${formatBytes(sample.memoryUsedBytes)}`,
    `loop ${formatWithUnit(sample.eventLoopDelayMs, 'ms')}`,
    formatWithUnit(sample.requestsPerSecond, 'req/s'),
  ].join(' · ')
}

function summaryOfFields(data: string): string | undefined {
  type Field =
    | 'text'
    | 'message'
    | 'title'
    | 'body'
    | 'name'
    | 'value'
    | 'unit'
    | 'uptimeSeconds'
    | 'subscribers'
    | 'channel'
  const fields = parseObject<Field>(data)
  if (fields === undefined) return undefined
  const { text, message, title, body, name, value, unit, uptimeSeconds, subscribers, channel } = fields
  if (typeof text === 'string') return text
  if (typeof message === 'string') return message
  if (typeof title === 'string' && typeof body === 'string') return `${title} – ${body}`
  if (typeof name === 'string' && typeof value === 'number' && typeof unit === 'string')
    return `${name} ${value} ${unit}`
  if (typeof uptimeSeconds === 'number') return `up for ${Math.round(uptimeSeconds)} s`
  if (typeof channel === 'string' && typeof subscribers === 'number')
    return `${channel}, subscribers: ${subscribers}`
  return undefined
}

/** One line that says what the event says; the data itself where its fields are not known. */
export function summaryOf({ type, data }: Pick<ReceivedEvent, 'type' | 'data'>): string {
  if (type === 'gap') return describeGap(data)
  const summary = (type === 'metrics' ? summaryOfMetrics(data) : summaryOfFields(data)) ?? data
  return summary.length > LONGEST ? `${summary.slice(0, LONGEST)}…` : summary
}
