import { LineChart } from './line-chart.ts'
import type { StreamSample } from './stream-statistics.ts'

const SECONDS = 59

/** Events per second and latency of one stream over the latest minute. */
export function streamChart(figure: HTMLElement): LineChart<StreamSample> {
  return new LineChart<StreamSample>(
    figure,
    [
      { unit: '/s', axis: 'left', leastMaximum: 2, value: ({ eventsPerSecond }) => eventsPerSecond },
      { unit: 'ms', axis: 'right', leastMaximum: 20, value: ({ latencyMs }) => latencyMs },
    ],
    SECONDS,
    'streams',
  )
}
