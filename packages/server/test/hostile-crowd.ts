/** Connects and leaves thousands of times, and tells what is left of it. Run by hostile-crowd.test.ts with --expose-gc. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { seeded } from '@sse/testing'
import { Channel, EventSourceResponse } from '../src/index.ts'

const WARM_UP = 5_000
const CONNECTIONS = 10_000
const AT_ONCE = 64

const random = seeded(7)
const channel = new Channel(undefined, { retention: { events: 16 } })
const reasons = new Map<string, number>()
const server = createServer(async (request, response) => {
  const { reason } = await new EventSourceResponse(channel, { maxDurationMs: 60_000 }).send(request, response)
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

async function comeAndGo(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  const when = random()
  if (when < 0.9) socket.write(`GET / HTTP/1.1\r\nhost: x\r\nlast-event-id: ${channel.lastEventId}\r\n\r\n`)
  else socket.write('GET / HT')
  if (when < 0.6) await once(socket, 'data')
  if (random() < 0.2) channel.publish('tick', 'x'.repeat(Math.floor(random() * 10_000)))
  if (random() < 0.5) socket.resetAndDestroy()
  else socket.destroy()
  await closed
}

async function crowd(connections: number): Promise<void> {
  let left = connections
  const worker = async (): Promise<void> => {
    while (left-- > 0) await comeAndGo()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  while (channel.subscribers > 0 || (await openConnections()) > 0) await turn()
}

function openConnections(): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
}

async function measure(): Promise<{ heapUsed: number; resources: number }> {
  for (let n = 0; n < 20; n++) {
    await turn()
    globalThis.gc?.()
  }
  return { heapUsed: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo().length }
}

await crowd(WARM_UP)
const before = await measure()
await crowd(CONNECTIONS)
const after = await measure()
process.stdout.write(
  JSON.stringify({ before, after, subscribers: channel.subscribers, reasons: Object.fromEntries(reasons) }),
)
server.close()
