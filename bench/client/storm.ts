/**
 * What ten thousand clients do to a server that is gone for ten seconds: attempts per 100 ms, on virtual time, by the default
 * policy and by two others. Writes storm.svg beside this file. Run: `node client/storm.ts` in bench.
 *
 * The clients are whole event sources of `@sse/client` over a scripted network, the same as in its tests; chance is seeded, so
 * that the picture is the same each time.
 */
import { writeFileSync } from 'node:fs'
import { CLIENTS, DOWN_MS, histogram, POLICIES, storm } from '../../packages/client/test/storm.ts'

const STEP_MS = 100
const UNTIL_MS = 40_000
const [WIDTH, PANEL, LEFT, RIGHT, TOP, GAP] = [760, 130, 64, 16, 56, 44]
const TITLES = {
  default: 'Default: exponential, full jitter',
  unjittered: 'Exponential without jitter',
  constant: 'Every 3 s, as browsers do',
} as const

const x = (ms: number): number => LEFT + (ms / UNTIL_MS) * (WIDTH - LEFT - RIGHT)
/** From 1 up to all clients, by powers of ten. */
const height = (count: number): number => (count < 1 ? 0 : ((Math.log10(count) + 0.15) / 4.15) * PANEL)

function panel(title: string, counts: readonly number[], top: number): string {
  const base = top + PANEL
  const grid = [1, 10, 100, 1_000, 10_000].map((count) => {
    const y = (base - height(count)).toFixed(1)
    return `<path class="grid" d="M${LEFT} ${y}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${y}" dy=".32em" text-anchor="end">${count.toLocaleString('en')}</text>`
  })
  const step = x(STEP_MS) - x(0)
  const bars = counts.map((count, index) =>
    count === 0
      ? ''
      : `M${(x(index * STEP_MS)).toFixed(2)} ${base}v${(-height(count)).toFixed(2)}h${step.toFixed(2)}V${base}z`,
  )
  const peak = Math.max(...counts)
  const label = `${title} · at most ${peak.toLocaleString('en')} in ${STEP_MS} ms`
  return `<text class="title" x="${LEFT}" y="${top - 10}">${label}</text>${grid.join('')}<path class="bars" d="${bars.join('')}"/>`
}

const names = Object.keys(POLICIES) as (keyof typeof POLICIES)[]
const panels: string[] = []
for (const [index, name] of names.entries()) {
  const counts = histogram(await storm(POLICIES[name]), STEP_MS, UNTIL_MS)
  process.stdout.write(
    `${name}: ${counts.reduce((sum, count) => sum + count, 0)} attempts, at most ${Math.max(...counts)} in ${STEP_MS} ms\n`,
  )
  panels.push(panel(TITLES[name], counts, TOP + 24 + index * (PANEL + GAP)))
}

const bottom = TOP + 24 + names.length * (PANEL + GAP) - GAP
const ticks = [0, 10, 20, 30, 40].map(
  (second) => `<text x="${x(second * 1_000)}" y="${bottom + 18}" text-anchor="middle">${second} s</text>`,
)
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 32}" font-family="system-ui, sans-serif" font-size="12">
<title>Attempts to reconnect of ${CLIENTS.toLocaleString('en')} clients that lose their server at once</title>
<style>
text { fill: #57606a } .head { fill: #1f2328; font-size: 15px; font-weight: 600 } .title { fill: #1f2328; font-size: 13px }
.grid { stroke: #d0d7de; stroke-width: 1; fill: none } .bars { fill: #0969da } .down { fill: #818b98; opacity: .13 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 } .head, .title { fill: #f0f6fc } .grid { stroke: #3d444d } .bars { fill: #4493f8 }
}
</style>
<text class="head" x="${LEFT}" y="22">${CLIENTS.toLocaleString('en')} clients lose their server for ${DOWN_MS / 1_000} s</text>
<text x="${LEFT}" y="42">Attempts per ${STEP_MS} ms, by powers of ten. Shaded: the server is down.</text>
<rect class="down" x="${LEFT}" y="${TOP + 24}" width="${x(DOWN_MS) - LEFT}" height="${bottom - TOP - 24}"/>
${panels.join('\n')}
${ticks.join('')}
</svg>
`
writeFileSync(new URL('storm.svg', import.meta.url), svg)
