import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const documents = globSync('**/*.md', {
  cwd: ROOT,
  exclude: (name) => /^(node_modules|dist|\..*)$/.test(name),
})

const withoutCode = (path: string): string =>
  readFileSync(join(ROOT, path), 'utf8').replaceAll(/```[\s\S]*?```/g, '')

/** What GitHub makes of the headings. */
function anchors(path: string): string[] {
  return [...withoutCode(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test.each(documents)('the links of %s to files and headings of the repository lead somewhere', (document) => {
  const links = [...withoutCode(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path, anchor] = link.split('#')
    const target = path ? join(dirname(document), path) : document
    if (!existsSync(join(ROOT, target))) return true
    return anchor !== undefined && target.endsWith('.md') && !anchors(target).includes(anchor)
  })
  expect(broken).toEqual([])
})
