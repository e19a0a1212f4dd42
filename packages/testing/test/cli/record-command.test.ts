import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordCommand } from '../../src/cli/record-command.ts'
import { parseTranscript } from '../../src/transcript/transcript-lines.ts'
import { openStream, serve } from '../load/http-server.ts'
import { run } from './fake-io.ts'

test('writes the stream to standard output, and what it was to standard error', async () => {
  await using server = await serve(({ headers }, response) => {
    openStream(response)
    response.end(`data: ${headers['x-a']} ${headers['x-b']}\n\n`)
  })
  const { out, err } = await run(recordCommand, [`${server.url}/?key=1`, '-H', 'x-a: 1', '-H', 'x-b: 2'])
  const transcript = parseTranscript(out)
  expect(Buffer.concat(transcript.chunks.map(({ bytes }) => bytes)).toString()).toBe('data: 1 2\n\n')
  expect(transcript.url).toBe(`${server.url}/?key=redacted`)
  expect(err).toMatch(/^status 200, 1 chunks, 11 bytes: complete after \d\.\d s\n$/)
})

test('writes to a file, for as long as it is told', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sse-record-'))
  try {
    const file = join(directory, 'stream.jsonl')
    await using server = await serve((_, response) => openStream(response))
    const args = [
      `${server.url}/?key=1`,
      '-o',
      file,
      '--for',
      '10ms',
      '-H',
      'x-a: 1',
      '--save-header',
      'x-a',
      '--save-query',
    ]
    const { out, err } = await run(recordCommand, args)
    expect(out).toBe('')
    expect(err).toContain('status 200, 0 chunks, 0 bytes: closed after')
    expect(parseTranscript(await readFile(file, 'utf8'))).toMatchObject({
      url: `${server.url}/?key=1`,
      requestHeaders: [['x-a', '1']],
      end: { reason: 'closed' },
    })
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('ends with Ctrl-C', async () => {
  const stop = new AbortController()
  await using server = await serve((_, response) => {
    openStream(response)
    response.write('data: a\n\n')
  })
  const made = (io: Parameters<typeof recordCommand>[0]) =>
    recordCommand({
      ...io,
      stdout: {
        write(text) {
          io.stdout.write(text)
          if (text.includes('data: a')) stop.abort()
        },
      },
    })
  const { out, err } = await run(made, [server.url], { signal: stop.signal })
  expect(parseTranscript(out).end.reason).toBe('closed')
  expect(err).toContain('1 chunks, 9 bytes: closed')
})
