import { expect, test } from 'vitest'
import { type Bar, renderPlot } from './plot.ts'

const bars: readonly Bar[] = [
  { name: 'ours', value: 400, label: '400', kind: 'ours' },
  { name: 'a < b & "c"', value: 100, label: '100', kind: 'peer' },
]
const svg = renderPlot([{ title: 'speed', better: 'more', bars }], 'caption')

test('the length of a bar is its value', () => {
  const lengths = [...svg.matchAll(/<rect class="(?:ours|peer)"[^>]* width="([\d.]+)"/g)].map(([, length]) =>
    Number(length),
  )
  expect(lengths).toHaveLength(2)
  expect((lengths[0] ?? 0) / (lengths[1] ?? 0)).toBeCloseTo(4)
})

test('names cannot break out of the text', () => {
  expect(svg).toContain('a &lt; b &amp; &quot;c&quot;')
})
