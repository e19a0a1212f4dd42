import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { loadCommand } from '../../src/cli/load-command.ts'
import { FakeClock } from '../../src/clock/fake-clock.ts'
import { testCertificate } from '../fixtures/test-certificate.ts'
import { openStream, serve } from '../load/http-server.ts'
import { run } from './fake-io.ts'

/** Each client gets the ids that `idsFor` names, and the end. */
function serveIds(idsFor: (client: number) => readonly number[]) {
  let client = 0
  return serve((_, response) => {
    openStream(response)
    for (const id of idsFor(client++)) response.write(`id: ${id}\ndata: x\n\n`)
    response.end()
  })
}

describe('the report', () => {
  test('is for people, and the exit code 0 when nothing was wrong', async () => {
    await using server = await serveIds(() => [1, 2, 3])
    const { out, code } = await run(loadCommand, [server.url, '--clients', '4', '--ramp', '0s'])
    expect(code).toBe(0)
    const lines = out.split('\n')
    expect(lines[0]?.trim()).toMatch(new RegExp(`^4 clients on ${server.url}, \\d\\.\\d s$`))
    expect(lines).toContain('connections  4 opened, 0 open, 0 failed, 4 closed')
    expect(lines).toContain('             4 × the server ended the stream')
    expect(out).toMatch(/^connect {6}p50 .* ms, p90 .* ms, p99 .* ms, max .* ms$/m)
    expect(out).toMatch(/^latency {6}unknown: no event says when it was sent/m)
    expect(lines).toContain('delivery     0 missing, 0 doubled of 3 ids')
  })

  test('tells what is wrong, and the exit code is 1', async () => {
    await using server = await serveIds((client) => (client === 0 ? [1, 3, 3] : [1, 2, 3]))
    const { out, code } = await run(loadCommand, [server.url, '--clients', '4', '--ramp', '0s'])
    expect(code).toBe(1)
    expect(out).toContain('delivery     1 missing, 1 doubled of 3 ids, at 1 clients\n')
    expect(out).toMatch(/^ +client \d: "2" is missing$/m)
    expect(out).toMatch(/^ +client \d: "3" is doubled$/m)
  })

  test('is JSON alone with --json', async () => {
    await using server = await serveIds(() => [1])
    const { out, err, code } = await run(loadCommand, [server.url, '-c', '2', '--ramp', '0s', '--json'])
    expect(JSON.parse(out)).toMatchObject({ clients: 2, events: 2, ok: true, delivery: { distinct: 1 } })
    expect([err, code]).toEqual(['', 0])
  })

  test('leaves the exit code alone with --exit-zero', async () => {
    await using server = await serve((_, response) => response.writeHead(503).end())
    const args = [server.url, '-c', '2', '--ramp', '0s']
    const failed = await run(loadCommand, args)
    expect(failed.code).toBe(1)
    expect(failed.out).toContain('2 × status 503')
    expect(failed.out).toContain('delivery     not checked: no event had an id')
    expect((await run(loadCommand, [...args, '--exit-zero'])).code).toBe(0)
  })
})

describe('the progress', () => {
  /** A load of two streams that stay open, which Ctrl-C ends after a second. */
  async function interrupted(isTTY: boolean, more: readonly string[] = []) {
    const clock = new FakeClock()
    const stop = new AbortController()
    await using server = await serve((_, response) => openStream(response))
    const args = [server.url, '-c', '2', '--ramp', '0s', '-d', '1m', ...more]
    const running = run((io) => loadCommand(io, clock), args, { isTTY, signal: stop.signal })
    // Two connections that wait for an answer, the progress and the end; then only these.
    const shown = more.includes('--json') ? 0 : 1
    for (const timers of [3 + shown, 1 + shown])
      while (clock.pendingTimers !== timers) await new Promise<void>((resolve) => setImmediate(resolve))
    clock.advance(1_000)
    stop.abort()
    return await running
  }

  test('is one line that is written over on a terminal', async () => {
    const { out } = await interrupted(true)
    const [, progress = '', ...report] = out.split(/[\r\n]/)
    expect(progress).toMatch(/^1\.0 s {2}2 open, 0 failed, 0 closed {2}0 events\/s, \d+ B\/s/)
    expect(progress.endsWith('\u001b[K')).toBe(true)
    expect(report).toContain('connections  2 opened, 2 open, 0 failed, 0 closed')
  })

  test('is lines elsewhere, and Ctrl-C ends it with the report', async () => {
    const [progress = '', ...report] = (await interrupted(false)).out.split('\n')
    expect(progress).toMatch(/^1\.0 s {2}2 open, 0 failed, 0 closed {2}0 events\/s, \d+ B\/s$/)
    expect(report).toContain('connections  2 opened, 2 open, 0 failed, 0 closed')
  })

  test('is none with --json', async () => {
    expect(JSON.parse((await interrupted(true, ['--json'])).out)).toMatchObject({ elapsedMs: 1_000 })
  })
})

test('headers are sent, and clients come back with --reconnect', async () => {
  const asked: unknown[] = []
  await using server = await serve(({ headers }, response) => {
    asked.push([headers['x-a'], headers['x-b'], headers['last-event-id']])
    if (asked.length > 1) return void response.writeHead(204).end()
    openStream(response)
    response.end('retry: 0\nid: 1\ndata: a\n\n')
  })
  const args = ['-c', '1', '-H', 'x-a: 1', '-H', 'x-b: 2', '--reconnect']
  expect(await run(loadCommand, [server.url, ...args])).toMatchObject({ code: 0 })
  expect(asked).toEqual([
    ['1', '2', undefined],
    ['1', '2', '1'],
  ])
})

test('certificates are checked, unless --insecure', async () => {
  const server = createServer(testCertificate, (_, response) => {
    openStream(response)
    response.end('data: a\n\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const args = [`https://localhost:${(server.address() as AddressInfo).port}`, '-c', '1']
  expect(await run(loadCommand, args)).toMatchObject({ code: 1 })
  expect(await run(loadCommand, [...args, '--insecure'])).toMatchObject({ code: 0 })
  await new Promise((resolve) => server.close(resolve))
})

test.each([
  [['--clients', 'many'], 'whole number'],
  [['--clients', '0'], 'whole number'],
  [['--duration', '30'], '500ms, 30s, 2m or 1h'],
  [['-H', 'nonsense'], "'name: value'"],
  [['-H', 'a b: c'], "'name: value'"],
])('refuses %j', async (args, message) => {
  await expect(run(loadCommand, ['http://127.0.0.1:1', ...args])).rejects.toThrow(message)
})
