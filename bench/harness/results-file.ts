import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const HEADER = `# Results

Written by the benchmarks themselves; nothing here is typed by hand. To reproduce a section, build the packages
(\`pnpm build\`) and run its command in \`bench/\`: \`pnpm core\` or \`pnpm server\`. How to read the numbers:
[README.md](README.md).
Each section names the Node version, the CPU and the peers that it was measured with.
`

/** Puts a section between its markers, and leaves the sections of other benchmarks as they are. */
export function writeResults(file: URL, section: string, markdown: string): void {
  const current = existsSync(file) ? readFileSync(file, 'utf8') : HEADER
  writeFileSync(file, replaceSection(current, section, markdown))
}

export function replaceSection(document: string, section: string, markdown: string): string {
  const begin = `<!-- ${section}:begin -->`
  const end = `<!-- ${section}:end -->`
  const block = `${begin}\n\n${markdown}\n\n${end}`
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from === -1 || to === -1) return `${document.trimEnd()}\n\n${block}\n`
  return document.slice(0, from) + block + document.slice(to + end.length)
}
