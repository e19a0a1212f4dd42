import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encodeEvent } from '../src/encode.ts'
import { REFUSED_EVENTS } from './refused-events.ts'

const README = new URL('../README.md', import.meta.url)

test('the README names each refused value, its code and its message (vitest -u writes them)', async () => {
  const readme = readFileSync(README, 'utf8')
  const table = ['| refused | `code` | message |', '|---|---|---|', ...REFUSED_EVENTS.map(row)].join('\n')
  const expected = readme.replace(
    /(<!-- refused:begin -->)[\s\S]*(<!-- refused:end -->)/,
    (_, begin: string, end: string) => `${begin}\n${table}\n${end}`,
  )

  await expect(expected).toMatchFileSnapshot(README.pathname)
})

function row({ what, event, options, code }: (typeof REFUSED_EVENTS)[number]): string {
  let message = 'accepted'
  try {
    encodeEvent(event as Parameters<typeof encodeEvent>[0], options as Parameters<typeof encodeEvent>[1])
  } catch (error) {
    message = (error as Error).message
  }
  return `| ${what} | \`${code}\` | ${message.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`
}
