import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { Channel, ChannelRegistry, EventSourceResponse } from '@sse/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SseCommand } from './command.ts'

// The routes of the demo that `check` and `menu` know, in short.
const channels = new ChannelRegistry(() => new Channel())
const server = createServer(async (req, res) => {
  const { pathname } = new URL(req.url ?? '/', 'http://localhost')
  const stream = (name: string, first: string): void => {
    void new EventSourceResponse(async ({ send }) => {
      await send({ event: first, data: {} })
      return channels.get(name)
    }).send(req, res)
  }
  if (pathname === '/health') res.end('{"status":"ok","uptimeSeconds":1,"streams":0}')
  else if (pathname === '/stream') stream('main', 'connected')
  else if (pathname === '/metrics') stream('metrics', 'metrics')
  else if (pathname.startsWith('/realtime/')) stream(pathname.slice('/realtime/'.length), 'connected')
  else if (pathname === '/api/broadcast') {
    const { channel, event = 'broadcast', message } = (await json(req)) as Record<string, string>
    res.writeHead(202).end(JSON.stringify({ id: channels.get(channel ?? '').publish(event, { message }) }))
  } else res.writeHead(404).end()
})
let url: string
const ticking = setInterval(() => channels.get('main').publish('message', { text: 'tick' }), 50)

beforeAll(async () => {
  server.listen(0)
  await once(server, 'listening')
  url = `http://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  clearInterval(ticking)
  channels.close()
  server.close()
  server.closeAllConnections()
})

test('check goes through health, stream, metrics, channel and broadcast', async () => {
  using check = SseCommand.run('check', url)
  expect(await check.exitCode()).toBe(0)
  expect(check.out.match(/^✓ \w+/gm)).toEqual(['✓ health', '✓ stream', '✓ metrics', '✓ channel'])
})

test('check says what is wrong, and goes on with the rest', async () => {
  using check = SseCommand.run('check', `${url}:0`.replace(/:\d+:0$/, ':1'))
  expect(await check.exitCode()).toBe(1)
  expect(check.out.match(/^✗ /gm)).toHaveLength(4)
})

test('send posts the fields that it is given, and prints the answer', async () => {
  using send = SseCommand.run(
    'send',
    `${url}/api/broadcast`,
    'Tea is ready',
    '--channel',
    'kitchen',
    '-e',
    'tea',
  )
  expect(await send.exitCode()).toBe(0)
  expect(JSON.parse(send.out).id).toBe(channels.get('kitchen').lastEventId)
  using lost = SseCommand.run('send', `${url}/nowhere`, 'x')
  expect([await lost.exitCode(), lost.err]).toEqual([22, expect.stringContaining('404')])
})

test('bench reports what many clients got', async () => {
  using bench = SseCommand.run('bench', `${url}/stream`, '-c', '5', '--duration', '2s', '--json')
  expect(await bench.exitCode()).toBe(0)
  expect(JSON.parse(bench.out)).toMatchObject({ ok: true, clients: 5, delivery: { missing: 0, doubled: 0 } })
})

test('the menu is walked through by keys, and Ctrl-C in a stream comes back to it', async () => {
  using menu = SseCommand.inTerminal('menu', url)
  await menu.printed(/Main stream/)
  menu.type('\r')
  await menu.printed(/message +\{"text":"tick"\}/)
  menu.type('\u0003')
  await menu.printed(/message[\s\S]*❯ Main stream/)
  menu.out = ''
  menu.type('\u001b[B'.repeat(4))
  await menu.printed(/❯ Check everything/)
  menu.type('\r')
  // And the prompt is there again: before it is, Ctrl-C ends what runs.
  await menu.printed(/✓ channel[\s\S]*❯ Main stream/)
  menu.type('\u0003')
  expect(await menu.exitCode()).toBe(0)
})

test('the menu wants a terminal', async () => {
  using menu = SseCommand.run('menu', url)
  expect([await menu.exitCode(), menu.err]).toEqual([2, expect.stringContaining('needs a terminal')])
})
