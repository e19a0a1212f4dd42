/**
 * Pulling the plug on any one process, at any time, is invisible to a client but for a delay: three servers behind a proxy that picks them in turn,
 * 300 clients, two publishers. Servers and the broker are killed, connections are cut. At the end each client has every
 * acknowledged event once, in the order that all have.
 */
import { createEventSource, exponentialBackoff, type TypedEventSource } from '@sse/client'
import { seeded } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { BrokerProcess } from '../../packages/server/test/brokers/broker-process.ts'
import { TcpProxy } from '../../packages/server/test/brokers/tcp-proxy.ts'
import { isInstalled } from '../../packages/testing/test/fixtures/installed.ts'
import { type BrokerName, sharedChannel } from '../fixture/shared-channel.ts'
import { Publisher, pause } from './publishers.ts'
import { ServerProcesses } from './server-processes.ts'

const SERVERS = 3
const CLIENTS = 300
const EVENTS = 60
const DISRUPTIONS = 7

/** What one client has been given. */
class Client {
  readonly source: TypedEventSource
  readonly data: string[] = []
  readonly trouble: string[] = []
  connections = 0

  constructor(port: number) {
    this.source = createEventSource(`http://127.0.0.1:${port}/`, {
      backoff: exponentialBackoff({ initialMs: 20, maxMs: 200 }),
    })
    this.source.on('message', (data) => this.data.push(data))
    this.source.on('gap', (gap) => this.trouble.push(JSON.stringify(gap)))
    this.source.observe((happening) => {
      if (happening.type === 'state' && happening.state.status === 'open') this.connections++
    })
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`It did not happen within 30 s: ${what}.`)
    await pause(5)
  }
}

async function pullPlugs(name: BrokerName, seed: number): Promise<void> {
  const random = seeded(seed)
  await using broker = await (name === 'redis' ? BrokerProcess.redis() : BrokerProcess.nats())
  await using servers = await ServerProcesses.start(SERVERS, name, broker.port)
  await using proxy = await TcpProxy.start(() => servers.ports)
  const clients = Array.from({ length: CLIENTS }, () => new Client(proxy.port))
  const channel = await sharedChannel(name, broker.port)
  try {
    await until(() => clients.every(({ connections }) => connections > 0), 'all clients are connected')
    const publishers = [Publisher.overHttp('http', () => proxy.port), Publisher.onChannel('channel', channel)]
    const publishing = Promise.all(publishers.map((publisher) => publisher.run(EVENTS, 10)))
    const done = (): number => publishers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)

    for (let n = 1; n <= DISRUPTIONS; n++) {
      await until(() => done() >= (n * 2 * EVENTS) / (DISRUPTIONS + 1), 'events are acknowledged')
      const dice = n === 3 || n === 6 ? 'broker' : random() < 0.6 ? 'server' : 'connections'
      if (dice === 'connections') proxy.cut(() => random() < 0.3)
      else if (dice === 'server') {
        const i = Math.floor(random() * SERVERS)
        await servers.kill(i)
        await servers.start(i)
      } else {
        await broker.kill()
        await broker.start()
      }
    }
    await publishing
    const last = new Set(
      publishers.map(({ acknowledged }, i) => `${i === 0 ? 'http' : 'channel'}${acknowledged}`),
    )
    const complete = ({ data }: Client): boolean =>
      data.length >= 2 * EVENTS && [...last].every((end) => data.includes(end))
    await until(() => clients.every(complete), 'every client has the last events').catch(() => {})

    const [first] = clients
    const order = first?.data ?? []
    const expected = (who: string): string[] => Array.from({ length: EVENTS }, (_, i) => `${who}${i + 1}`)
    // What one publisher had acknowledged before it went on comes in that order.
    expect(order.filter((data) => data.startsWith('http'))).toEqual(expected('http'))
    expect(order.filter((data) => data.startsWith('channel'))).toEqual(expected('channel'))
    expect(order.length).toBe(2 * EVENTS)
    const others = clients.filter(({ data }) => data.join() !== order.join())
    expect(others.map(({ data }) => data)).toEqual([])
    expect(clients.flatMap(({ trouble }) => trouble)).toEqual([])
    // There was something to notice.
    expect(clients.reduce((sum, { connections }) => sum + connections, 0)).toBeGreaterThan(CLIENTS * 2)
  } finally {
    for (const { source } of clients) source.close()
    channel.close()
  }
}

describe.skipIf(!isInstalled('redis-server'))('on Redis', () => {
  it('nobody notices that a process has died', () => pullPlugs('redis', 20_261))
})

describe.skipIf(!isInstalled('nats-server'))('on NATS', () => {
  it('nobody notices that a process has died', () => pullPlugs('nats', 20_262))
})
