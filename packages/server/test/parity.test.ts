import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const here = new URL('../', import.meta.url)
const table = readFileSync(new URL('PARITY.md', here), 'utf8')

/** The tests that PARITY.md names, as `file › title`. */
const named = [...table.matchAll(/`([^`]+\.ts) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}))

describe('PARITY.md', () => {
  it.each(named)('names a test that there is: $file › $title', ({ file, title }) => {
    const url = new URL(file, here)
    expect(existsSync(url), `${file} exists`).toBe(true)
    // As it stands in the source, where its quotes may be escaped.
    const source = readFileSync(url, 'utf8').replaceAll("\\'", "'")
    const quoted = [`'${title}'`, `"${title}"`, `\`${title}\``]
    expect(
      quoted.some((text) => source.includes(text)),
      `${file} has the title ${title}`,
    ).toBe(true)
  })

  it('says of every behaviour what is ours, and by what test', () => {
    const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| behaviour'))
    expect(rows.length).toBeGreaterThan(80)
    expect(named.length).toBeGreaterThanOrEqual(rows.length / 2)
    for (const row of rows) {
      const cells = row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim())
      expect(cells, row).toHaveLength(3)
      expect(cells[1], row).toMatch(/^(same|different|none)\b/)
      expect(cells[2], row).toMatch(/^(`[^`]+ › [^`]+`(, )?)+$|^–$/)
      if (cells[2] === '–') expect(cells[1], `without a test: ${row}`).toMatch(/^none\b/)
    }
  })
})
