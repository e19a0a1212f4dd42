import { LineChart } from './line-chart.ts'
import { kilobytes, type MetricsSample, memoryPercent, parseMetrics } from './metrics-sample.ts'
import { showTiles } from './metrics-tiles.ts'
import { MetricsWindow } from './metrics-window.ts'
import { oncePerFrame } from './once-per-frame.ts'
import { byId } from './page.ts'

const POINTS = 120
/** The server sends a sample per second. */
const SECONDS = POINTS - 1

function charts(): LineChart<MetricsSample>[] {
  const percent = { unit: '%', axis: 'left', leastMaximum: 100 } as const
  const traffic = { unit: 'kB/s', axis: 'left', leastMaximum: 10 } as const
  return [
    new LineChart<MetricsSample>(
      byId('chart-load', HTMLElement),
      [
        { ...percent, value: (sample) => sample.cpuPercent },
        { ...percent, value: memoryPercent },
      ],
      SECONDS,
      'metrics',
    ),
    new LineChart<MetricsSample>(
      byId('chart-activity', HTMLElement),
      [
        { unit: 'ms', axis: 'left', leastMaximum: 5, value: (sample) => sample.eventLoopDelayMs },
        { unit: '/s', axis: 'right', leastMaximum: 5, value: (sample) => sample.requestsPerSecond },
      ],
      SECONDS,
      'metrics',
    ),
    new LineChart<MetricsSample>(
      byId('chart-network', HTMLElement),
      [
        { ...traffic, value: (sample) => kilobytes(sample.networkReceivedBytesPerSecond) },
        { ...traffic, value: (sample) => kilobytes(sample.networkSentBytesPerSecond) },
      ],
      SECONDS,
      'metrics',
    ),
  ]
}

/** The tiles and charts that show the `metrics` events. */
export class MetricsPanel {
  readonly #root: HTMLElement
  readonly #window = new MetricsWindow(POINTS)
  readonly #charts = charts()
  readonly #update = oncePerFrame(() => this.#render())

  constructor(root: HTMLElement) {
    this.#root = root
  }

  add(data: string): void {
    const sample = parseMetrics(data)
    if (sample !== undefined && this.#window.add(sample)) this.#update()
  }

  themeChanged(): void {
    for (const chart of this.#charts) chart.redraw()
  }

  #render(): void {
    const { samples } = this.#window
    const latest = samples.at(-1)
    if (latest !== undefined) showTiles(this.#root, latest)
    for (const chart of this.#charts) chart.show(samples)
  }
}
