import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { openStream, serve } from '../load/http-server.ts'
import { PROGRAM } from './child.ts'

interface Ended {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

/** Starts a command; `onText` is told of all that it has written so far. */
function start(
  args: readonly string[],
  onText: (out: string, child: ChildProcess) => void = () => {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    onText(out, child)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ out, err, code })))
  return { child, ended }
}

test('a stream is recorded, replayed by a server, and put under load', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sse-commands-'))
  try {
    const file = join(directory, 'stream.jsonl')
    await using server = await serve((_, response) => {
      openStream(response)
      response.end('id: 1\ndata: a\n\nid: 2\ndata: b\n\n')
    })
    expect(await start(['record', server.url, '-o', file]).ended).toMatchObject({ out: '', code: 0 })

    const url = Promise.withResolvers<string>()
    const replay = start(['replay', file], (out) => url.resolve(out.trim()))
    const load = start(['load', await url.promise, '-c', '5', '--json'])
    const { out, err, code } = await load.ended
    expect([err, code]).toEqual(['', 0])
    expect(JSON.parse(out)).toMatchObject({ events: 10, ok: true, delivery: { distinct: 2, shared: 2 } })
    replay.child.kill('SIGINT')
    expect(await replay.ended).toMatchObject({ code: 0 })
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('Ctrl-C ends a load early, with its report; what is wrong makes its exit code', async () => {
  const started = Promise.withResolvers<void>()
  await using server = await serve((_, response) => {
    response.writeHead(503).end(started.resolve)
  })
  const load = start(['load', server.url, '-c', '2', '--ramp', '1h'])
  await started.promise
  load.child.kill('SIGINT')
  const { out, code } = await load.ended
  // Whether the answer was read before the signal came is the scheduler's business.
  expect(out).toMatch(/^connections {2}0 opened/m)
  expect(code).toBe(1)
})

test('what the system says is told in a line', async () => {
  const missing = await start(['replay', join(tmpdir(), 'no-such-file.jsonl')]).ended
  expect(missing).toMatchObject({ out: '', code: 1 })
  expect(missing.err).toMatch(/^error: ENOENT: no such file or directory, open '.*'\n/)
  const refused = await start(['record', `http://127.0.0.1:${await freePort()}`]).ended
  expect(refused).toMatchObject({ out: '', code: 1 })
  expect(refused.err).toMatch(/^error: connect ECONNREFUSED 127.0.0.1:\d+\n/)
})

test('what is wrong with a file is told in a line', async () => {
  const { err, code } = await start(['replay', PROGRAM]).ended
  expect([err, code]).toEqual([`error: ${PROGRAM}, line 1 is no JSON.\n`, 1])
})
