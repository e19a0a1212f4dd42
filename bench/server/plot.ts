/** One measure of all contenders. */
export interface Panel {
  readonly title: string
  readonly better: 'more' | 'less'
  /** The best one first. */
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly name: string
  readonly value: number
  readonly label: string
  readonly kind: BarKind
}

/** A bound is no server: it shows what there is to reach. */
export type BarKind = 'ours' | 'peer' | 'bound'

const COLUMNS = 2
const COLUMN_WIDTH = 500
const GAP = 32
const MARGIN = 24
const TITLE_HEIGHT = 44
const BAR_HEIGHT = 18
const BAR_STEP = 24
const NAME_WIDTH = 146
/** Room behind the longest bar for its number. */
const LABEL_WIDTH = 186
const PANEL_GAP = 26
const FOOT = 20

/**
 * The measures as bars: in each panel the best is on top, ours has the colour, and bounds are hollow. Drawn on a ground of its own, light or
 * dark as the reader has it, because a page that shows it as an image cannot tell it which it has.
 */
export function renderPlot(panels: readonly Panel[], caption: string): string {
  const rows = Math.ceil(panels.length / COLUMNS)
  const rowHeights = Array.from({ length: rows }, (_, row) =>
    Math.max(...panels.slice(row * COLUMNS, (row + 1) * COLUMNS).map(heightOf)),
  )
  const width = MARGIN * 2 + COLUMN_WIDTH * COLUMNS + GAP * (COLUMNS - 1)
  const height = MARGIN * 2 + FOOT + sum(rowHeights) + PANEL_GAP * (rows - 1)
  const drawn = panels.map((panel, index) => {
    const row = Math.floor(index / COLUMNS)
    const x = MARGIN + (index % COLUMNS) * (COLUMN_WIDTH + GAP)
    const y = MARGIN + sum(rowHeights.slice(0, row)) + PANEL_GAP * row
    return `<g transform="translate(${x} ${y})">\n${drawPanel(panel)}\n</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(caption)}">
<style>
  .ground { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 }
  .small { font-size: 12px; fill: #59636e }
  text.ours { font-weight: 600 }
  text.bound { fill: #59636e }
  rect.peer { fill: #afb8c1 }
  rect.ours { fill: #0969da }
  rect.bound { fill: #eff1f3; stroke: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #30363d }
    text { fill: #e6edf3 }
    .small, text.bound { fill: #9198a1 }
    rect.peer { fill: #565e68 }
    rect.ours { fill: #4493f8 }
    rect.bound { fill: #161b22; stroke: #565e68 }
  }
</style>
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${drawn.join('\n')}
<text class="small" x="${MARGIN}" y="${height - 14}">${escapeText(caption)}</text>
</svg>
`
}

function drawPanel({ title, better, bars }: Panel): string {
  const longest = Math.max(...bars.map(({ value }) => value))
  const space = COLUMN_WIDTH - NAME_WIDTH - LABEL_WIDTH
  const drawn = bars.map(({ name, value, label, kind }, index) => {
    const y = TITLE_HEIGHT + index * BAR_STEP
    const middle = y + BAR_HEIGHT / 2
    // One that is very small is still to be seen.
    const length = Math.max(2, (value / longest) * space)
    return [
      `<text class="${kind}" x="${NAME_WIDTH - 8}" y="${middle}" text-anchor="end" dominant-baseline="central">${escapeText(name)}</text>`,
      `<rect class="${kind}" x="${NAME_WIDTH}" y="${y + 0.5}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 1}" rx="2"/>`,
      `<text class="${kind}" x="${(NAME_WIDTH + length + 6).toFixed(1)}" y="${middle}" dominant-baseline="central">${escapeText(label)}</text>`,
    ].join('\n')
  })
  const direction = better === 'more' ? 'longer is better' : 'shorter is better'
  return [
    `<text class="title" y="14">${escapeText(title)}</text>`,
    `<text class="small" y="31">${direction}</text>`,
    ...drawn,
  ].join('\n')
}

function heightOf({ bars }: Panel): number {
  return TITLE_HEIGHT + bars.length * BAR_STEP
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
