import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
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

test('each program of the README runs as it stands, over the built package', async () => {
  const programs = [...readFileSync(README, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)]
  expect(programs).toHaveLength(4)
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: a\n\n')
  }).listen(0)
  await once(server, 'listening')
  const port = String((server.address() as AddressInfo).port)
  const printed = await Promise.all(programs.map(([, code = '']) => run(code.replaceAll('3000', port))))
  server.close()
  expect(printed).toEqual(['', '', '', 'waits while ten items are unread\n'])
})

/** What it prints. Inside of the package, so that the code finds it by its name, as its users do. */
async function run(code: string): Promise<string> {
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], { cwd })
  const [output, errors, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  expect(exitCode, `${code}\n${errors}`).toBe(0)
  return output
}

function row({ what, event, options, code }: (typeof REFUSED_EVENTS)[number]): string {
  let message = 'accepted'
  try {
    encodeEvent(event as Parameters<typeof encodeEvent>[0], options as Parameters<typeof encodeEvent>[1])
  } catch (error) {
    message = (error as Error).message
  }
  return `| ${what} | \`${code}\` | ${message.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`
}
