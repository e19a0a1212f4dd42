import { type MetricsSample, memoryPercent } from './metrics-sample.ts'
import { formatBytes, formatWithUnit } from './number-format.ts'
import { field, setText } from './page.ts'

function tileTexts(sample: MetricsSample): Record<string, string> {
  return {
    cpu: formatWithUnit(sample.cpuPercent, '%'),
    memory: formatWithUnit(memoryPercent(sample), '%'),
    'memory-note': `${formatBytes(sample.memoryUsedBytes)} of ${formatBytes(sample.memoryTotalBytes)}`,
    'event-loop': formatWithUnit(sample.eventLoopDelayMs, 'ms'),
    requests: formatWithUnit(sample.requestsPerSecond, '/s'),
    'requests-note': `${formatWithUnit(sample.errorPercent, '%')} errors`,
    network: `${formatBytes(sample.networkReceivedBytesPerSecond)}/s`,
    'network-note': `out ${formatBytes(sample.networkSentBytesPerSecond)}/s`,
    streams: String(sample.streams ?? '–'),
  }
}

/** The figures of the latest sample, which are also what the charts say to those who do not see them. */
export function showTiles(root: HTMLElement, sample: MetricsSample): void {
  for (const [name, text] of Object.entries(tileTexts(sample))) setText(field(root, name, HTMLElement), text)
}
