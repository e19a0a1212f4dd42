import type uPlot from 'uplot'

export interface ChartLine<Sample> extends ChartAxis {
  value(sample: Sample): number | null
}

export interface ChartAxis {
  readonly unit: string
  /** Where the values of this line are marked. Lines on the same side share a scale. */
  readonly axis: 'left' | 'right'
  /** The scale ends here or higher, so that noise around zero does not look like a mountain range. */
  readonly leastMaximum: number
}

/** What CSS decides. uPlot asks for it at each redraw, so a change of theme only has to redraw. */
export interface ChartColours {
  line(index: number): string
  text(): string
  grid(): string
}

const FONT = '11px system-ui, sans-serif'
const AXIS_SIDE = { left: 3, right: 1 } as const

const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

function timeAxis(colours: ChartColours): uPlot.Axis {
  return {
    font: FONT,
    size: 26,
    space: 76,
    stroke: colours.text,
    grid: { show: false },
    ticks: { show: false },
    // Without data the axis starts in 1970, which is nothing to tell.
    values: ({ data: [times] }, seconds) =>
      seconds.map((second) => (times.length === 0 ? '' : clock.format(second * 1_000))),
  }
}

function valueAxis({ axis, unit }: ChartAxis, colours: ChartColours): uPlot.Axis {
  return {
    scale: axis,
    side: AXIS_SIDE[axis],
    font: FONT,
    size: unit.length > 1 ? 64 : 50,
    space: 34,
    gap: 6,
    stroke: colours.text,
    grid: { show: axis === 'left', stroke: colours.grid, width: 1 },
    ticks: { show: false },
    values: (_plot, values) => values.map((value) => `${decimal.format(value)} ${unit}`),
  }
}

function series({ axis }: ChartAxis, index: number, colours: ChartColours): uPlot.Series {
  return {
    scale: axis,
    width: 2,
    stroke: () => colours.line(index),
    fill: () => `color-mix(in srgb, ${colours.line(index)} 10%, transparent)`,
    points: { show: false },
    // A second in which nothing was measured does not break the line: a lone value would draw nothing.
    spanGaps: true,
  }
}

function valueScale({ leastMaximum }: ChartAxis): uPlot.Scale {
  return { range: (_plot, _min, max) => [0, max > leastMaximum ? max * 1.1 : leastMaximum] }
}

/**
 * A time chart of these lines that shows `seconds` before the latest sample even while there are only a few. Charts of
 * one group share the cursor.
 */
export function chartOptions(
  lines: readonly ChartAxis[],
  seconds: number,
  group: string,
  colours: ChartColours,
): uPlot.Options {
  // Of the lines that share an axis, the first one speaks for it.
  const axes = lines.filter((line, index) => lines.findIndex(({ axis }) => axis === line.axis) === index)
  return {
    width: 0,
    height: 0,
    legend: { show: false },
    // At the right there has to be room for half of the last time.
    padding: [8, axes.length > 1 ? 0 : 30, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: group }, points: { size: 7 } },
    scales: {
      x: { range: (_plot, min, max) => [Math.min(min, max - seconds), max] },
      ...Object.fromEntries(axes.map((line) => [line.axis, valueScale(line)])),
    },
    axes: [timeAxis(colours), ...axes.map((line) => valueAxis(line, colours))],
    series: [{}, ...lines.map((line, index) => series(line, index, colours))],
  }
}
