import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { replayCommand } from '../../src/cli/replay-command.ts'
import { formatTranscript } from '../../src/transcript/transcript-lines.ts'
import { recording } from '../transcript/recording.ts'
import { run } from './fake-io.ts'

let directory = ''
let file = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sse-replay-'))
  file = join(directory, 'stream.jsonl')
  await writeFile(file, formatTranscript(recording))
})

afterAll(() => rm(directory, { recursive: true }))

/** Asks the server that the command starts, then stops it. */
async function replay(args: readonly string[], ask: (url: string) => Promise<void>): Promise<string> {
  const stop = new AbortController()
  let asked: Promise<void> | undefined
  const made = (io: Parameters<typeof replayCommand>[0]) =>
    replayCommand({
      ...io,
      stdout: {
        write(text) {
          asked = ask(text.trim()).finally(() => stop.abort())
        },
      },
    })
  const { err } = await run(made, [file, ...args], { signal: stop.signal })
  await asked
  return err
}

test('serves the file until Ctrl-C', async () => {
  let address = ''
  // No other server can have been given it by then.
  const port = String(await freePort())
  const err = await replay(['--speed', 'max', '--port', port], async (url) => {
    address = url
    expect(await (await fetch(url)).text()).toContain('id: 1\ndata: a\n\n')
  })
  expect(err).toBe('5 chunks in 0.5 s of https://example.com/prices\n')
  await expect(fetch(address)).rejects.toThrow('fetch failed')
})

test('takes its options', async () => {
  const headers = { 'last-event-id': '2', origin: 'https://example.com' }
  await replay(['-s', 'max', '--end', 'cut', '--no-resume', '--cors'], async (url) => {
    const response = await fetch(url, { headers })
    expect(response.headers.get('access-control-allow-origin')).toBe('https://example.com')
    const reader = response.body?.getReader()
    const first = await reader?.read()
    expect(Buffer.from(first?.value ?? []).toString()).toContain('id: 1')
    await expect(
      (async () => {
        while ((await reader?.read())?.done === false);
      })(),
    ).rejects.toThrow('terminated')
  })
})

test.each([
  [['--speed', '0'], 'a number above 0, or max'],
  [['--end', 'soon'], 'complete, cut, stall'],
])('refuses %j', async (args, message) => {
  await expect(run(replayCommand, [file, ...args])).rejects.toThrow(message)
})
