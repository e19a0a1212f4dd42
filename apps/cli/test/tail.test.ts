import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Channel, EventSourceResponse, type StreamEnd } from '@sse/server'
import { cut, pause, stall } from '@sse/testing'
import { scriptedServer } from '@sse/testing/node'
import { expect, test } from 'vitest'
import { SseCommand } from './command.ts'

test('prints an event a line, says what happens beside it, and ends with the stream', async () => {
  await using server = await scriptedServer([
    [{ retry: 1 }, { id: '1', event: 'price', data: { value: 1 } }, { data: 'two\nlines' }],
  ])
  using tail = SseCommand.run('tail', server.url, '--no-reconnect')
  expect(await tail.exitCode()).toBe(0)
  expect(tail.out).toMatch(
    /^\d\d:\d\d:\d\d price {6}\{"value":1\} {2}#1\n\d\d:\d\d:\d\d message {4}two {2}#1\n {20}lines\n$/,
  )
  expect(tail.err).toMatch(/^open: http:\S+ text\/event-stream\n/)
})

test('goes on after the last event when the connection breaks, and tells of a gap', async () => {
  const gap = { reason: 'evicted', requestedId: '1', resumedAtId: '7', missed: 6 }
  await using server = await scriptedServer([
    // Not by a reset, which may overtake what was sent.
    [{ retry: 1 }, { id: '1', data: 'a' }, cut('fin')],
    [{ id: '7', event: 'gap', data: gap }, { id: '8', data: 'b' }, stall()],
  ])
  using tail = SseCommand.run('tail', server.url, '-n', '2')
  expect(await tail.exitCode()).toBe(0)
  expect(tail.out).toMatch(/ a {2}#1\n.* b {2}#8\n$/)
  expect(tail.err).toContain('gap: 6 events were missed (evicted); it goes on after 7')
  expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual([null, '1'])
})

test('says at its end what came: as many bytes as the server sent, on the wire and decompressed', async () => {
  const channel = new Channel(undefined, { compression: 'auto' })
  const ends: StreamEnd[] = []
  const server = createServer((request, response) => {
    const content = request.url === '/channel' ? channel : [{ data: 'a' }]
    void new EventSourceResponse(content, { pingIntervalMs: false })
      .send(request, response)
      .then((end) => ends.push(end))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    using compressed = SseCommand.run('tail', `${url}/channel`, '--json', '--no-reconnect')
    await expect.poll(() => channel.subscribers).toBe(1)
    for (let n = 1; n <= 100; n++) channel.publish('price', { n, symbol: 'ACME' })
    channel.close()
    expect(await compressed.exitCode()).toBe(0)
    await expect.poll(() => ends.length).toBe(1)
    const { bytes = 0, wireBytes = 0 } = ends[0] ?? {}
    expect(compressed.err.replaceAll(',', '')).toContain(
      `100 events ${bytes} bytes compressed to ${wireBytes} on the wire (${(bytes / wireBytes).toFixed(1)} : 1)\n`,
    )
    expect(compressed.out.trim().split('\n')).toHaveLength(100)

    using plain = SseCommand.run('tail', url, '--no-reconnect')
    expect(await plain.exitCode()).toBe(0)
    await expect.poll(() => ends.length).toBe(2)
    expect(plain.err).toMatch(new RegExp(`\n1 event, ${ends[1]?.bytes} bytes, not compressed\n$`))
  } finally {
    server.close()
  }
})

test('gives programs one JSON object a line', async () => {
  await using server = await scriptedServer([
    [
      { event: 'a', data: { n: 1 } },
      { event: 'b', data: 'x' },
      { event: 'a', id: '9', data: 'text' },
    ],
  ])
  using tail = SseCommand.run('tail', server.url, '--json', '--type', 'a', '--no-reconnect', '-q')
  expect(await tail.exitCode()).toBe(0)
  expect(
    tail.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { at: expect.any(String), type: 'a', data: { n: 1 }, lastEventId: '' },
    { at: expect.any(String), type: 'a', data: 'text', lastEventId: '9' },
  ])
  expect(tail.err).toBe('')
})

test('sends method, headers, body and position as curl does, and ends at [DONE]', async () => {
  await using server = await scriptedServer([[{ data: 'token' }, '\n', { data: '[DONE]' }, stall()]])
  using tail = SseCommand.run(
    ...['tail', server.url, '-d', '{"stream":true}', '-H', 'authorization: Bearer x'],
    ...['--last-event-id', '41', '--until', '[DONE]'],
  )
  expect(await tail.exitCode()).toBe(0)
  expect(tail.out).toMatch(/token/)
  const [request] = server.requests
  expect([request?.method, await request?.body, request?.lastEventId]).toEqual([
    'POST',
    '{"stream":true}',
    '41',
  ])
  expect(request?.headers.get('authorization')).toBe('Bearer x')
  expect(request?.headers.get('content-type')).toBe('application/json')
})

test.each([
  ['an HTTP error', { status: 404 }, 22, 'status 404'],
  ['another content type', { headers: { 'content-type': 'text/html' } }, 22, 'text/html'],
])('ends with the code of curl after %s, and says why', async (_what, answer, code, message) => {
  await using server = await scriptedServer([answer])
  using tail = SseCommand.run('tail', server.url)
  expect(await tail.exitCode()).toBe(code)
  expect(tail.err).toContain(message)
})

test('ends with 7 when nobody listens, and with 2 when it is asked for nonsense', async () => {
  // A port that nobody is given unasked. One that was free a moment ago may be somebody's now.
  using refused = SseCommand.run('tail', 'http://127.0.0.1:2/', '--no-reconnect')
  expect([await refused.exitCode(), refused.err]).toEqual([7, expect.stringContaining('ECONNREFUSED')])
  using nonsense = SseCommand.run('tail', 'http://127.0.0.1:2/', '--count', 'many')
  expect([await nonsense.exitCode(), nonsense.err]).toEqual([2, expect.stringContaining('whole number')])
})

test('a duration has its unit, and the help says so', async () => {
  using bare = SseCommand.run('bench', 'localhost:1', '--duration', '30')
  using help = SseCommand.run('bench', '--help')
  expect([await bare.exitCode(), bare.err]).toEqual([2, expect.stringContaining('as 500ms, 30s, 5m or 1h')])
  expect([await help.exitCode(), help.out]).toEqual([0, expect.stringContaining('as 30s (default: 10s)')])
})

test('ends with 130 after Ctrl-C, and quietly when nobody reads any more', async () => {
  const endless = async function* () {
    for (let id = 0; ; id++) {
      yield { id: String(id), data: 'x'.repeat(500) }
      yield pause(1)
    }
  }
  await using server = await scriptedServer(() => endless())
  using interrupted = SseCommand.run('tail', server.url)
  await interrupted.printed(/#3/)
  interrupted.interrupt()
  expect(await interrupted.exitCode()).toBe(130)

  using left = SseCommand.run('tail', server.url, '-q')
  await left.printed(/#3/)
  left.closeOutput()
  expect([await left.exitCode(), left.err]).toEqual([0, ''])
})

test('--help names all commands', async () => {
  using help = SseCommand.run('--help')
  expect(await help.exitCode()).toBe(0)
  for (const command of ['tail', 'send', 'bench', 'doctor', 'check', 'menu'])
    expect(help.out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'))
})

test('shows control characters as text: a stream must not command the terminal', async () => {
  await using server = await scriptedServer([[{ event: 'a\u001b[2J', data: '\u001b]0;owned\u0007 é\u009b' }]])
  using tail = SseCommand.run('tail', server.url, '--no-reconnect')
  await tail.exitCode()
  expect(tail.out).toContain('a\\x1b[2J')
  expect(tail.out).toContain('\\x1b]0;owned\\x07 é\\x9b')
})
