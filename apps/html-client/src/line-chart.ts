import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type ChartLine, chartOptions } from './chart-options.ts'
import { formatWithUnit } from './number-format.ts'
import { setText } from './page.ts'

/**
 * Draws lines over time into a `<figure>` of index.html. Its legend has an item per line, in the same order: the item's key
 * carries the line's colour (so CSS decides it, per theme), its figure the value under the cursor or the latest one.
 */
export class LineChart<Sample extends { readonly time: number }> {
  readonly #figure: HTMLElement
  readonly #lines: readonly ChartLine<Sample>[]
  readonly #legendFigures: readonly Element[]
  readonly #plot: uPlot
  #samples: readonly Sample[] = []

  constructor(figure: HTMLElement, lines: readonly ChartLine<Sample>[], seconds: number, group: string) {
    const target = figure.querySelector('.plot')
    if (!(target instanceof HTMLElement))
      throw new Error(`A chart of index.html has no .plot: ${figure.className}`)
    this.#figure = figure
    this.#lines = lines
    this.#legendFigures = [...figure.querySelectorAll('.legend b')]

    const legendKeys = [...figure.querySelectorAll('.legend .key')]
    const options = chartOptions(lines, seconds, group, {
      line: (index) => getComputedStyle(legendKeys[index] ?? target).color,
      text: () => getComputedStyle(target).color,
      grid: () => getComputedStyle(target).borderTopColor,
    })
    options.hooks = { setCursor: [() => this.#showFigures()] }
    this.#plot = new uPlot(options, this.#columns(), target)
    new ResizeObserver(() => {
      this.#plot.setSize({ width: target.clientWidth, height: target.clientHeight })
    }).observe(target)
  }

  show(samples: readonly Sample[]): void {
    this.#samples = samples
    this.#plot.setData(this.#columns())
    this.#figure.setAttribute('data-points', String(samples.length))
    this.#showFigures()
  }

  redraw(): void {
    this.#plot.redraw(false)
  }

  #columns(): uPlot.AlignedData {
    const values = this.#lines.map((line) => this.#samples.map((sample) => line.value(sample)))
    return [this.#samples.map(({ time }) => time), ...values]
  }

  #showFigures(): void {
    const sample = this.#samples[this.#plot.cursor.idx ?? this.#samples.length - 1]
    this.#legendFigures.forEach((figure, index) => {
      const line = this.#lines[index]
      if (sample && line) setText(figure, formatWithUnit(line.value(sample), line.unit))
    })
  }
}
