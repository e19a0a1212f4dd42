// `pnpm example 01` runs an example of the guide; without a number it lists them.
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('guide/', import.meta.url)
const wanted = process.argv[2]
const files = readdirSync(folder).sort()
const found = files.find((file) => wanted !== undefined && file.startsWith(wanted.padStart(2, '0')))

if (found !== undefined) await import(new URL(found, folder).href)
else {
  const titles = files.map((file) => `  ${titleOf(file)}`).join('\n')
  console.log(`pnpm example <number>\n\n${titles}`)
  process.exitCode = wanted === undefined ? 0 : 1
}

function titleOf(file: string): string {
  const [first = ''] = readFileSync(new URL(file, folder), 'utf8').split('\n', 1)
  return first.replace('// ', '')
}
