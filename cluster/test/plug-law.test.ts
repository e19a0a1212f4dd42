/**
 * Pulling the plug on any one process, at any time, is invisible to a client but for a delay: three servers behind a proxy that picks them in turn,
 * 300 clients, two publishers. Servers and the broker are killed, connections are cut. At the end each client has every
 * acknowledged event once, in the order that all have.
 */
import { createEventSource, exponentialBackoff, type TypedEventSource } from '@sse/client'
import { type FaultProxy, faultProxy, seeded } from '@sse/testing/node'
import { describe, expect, it } from 'vitest'
import { BrokerProcess } from '../../packages/server/test/brokers/broker-process.ts'
import { isInstalled } from '../../packages/testing/test/fixtures/installed.ts'
import { type BrokerName, sharedChannel } from '../fixture/shared-channel.ts'
import { Publisher, pause } from './publishers.ts'
import { ServerProcesses } from './server-processes.ts'

const SERVERS = 3
const CLIENTS = 300
/** Of each of the two publishers. */
const EVENTS = 60
const PATIENCE_MS = 100_000

/** What happens, in an order that is the seed's. */
const DISRUPTIONS: readonly Disruption[] = [
  ...['kill a server', 'kill a server', 'kill a server', 'kill the broker', 'kill the broker'],
  ...['cut a third', 'cut a third', 'cut all'],
] as Disruption[]

/** How many events of a publisher there are to one disruption, and behind the last. */
const SHARE = EVENTS / (DISRUPTIONS.length + 1)

type Disruption = 'kill a server' | 'kill the broker' | 'cut a third' | 'cut all'

/** What one client has been given. */
class Client {
  readonly source: TypedEventSource
  readonly data: string[] = []
  /** Gaps, and what was sent to it a second time: it would not hand that out. */
  readonly trouble: string[] = []
  connections = 0

  constructor(url: string) {
    this.source = createEventSource(url, { backoff: exponentialBackoff({ initialMs: 20, maxMs: 200 }) })
    this.source.on('message', (data) => this.data.push(data))
    this.source.on('gap', (gap) => this.trouble.push(JSON.stringify(gap)))
    this.source.observe((happening) => {
      if (happening.type === 'state' && happening.state.status === 'open') this.connections++
      if (happening.type === 'dropped')
        this.trouble.push(`${happening.reason} ${happening.event.lastEventId}`)
    })
  }

  get isOpen(): boolean {
    return this.source.state.status === 'open'
  }
}

/** Everything that is to be killed and cut, and how often that was done. */
class Site implements AsyncDisposable {
  readonly broker: BrokerProcess
  readonly servers: ServerProcesses
  readonly proxy: FaultProxy
  readonly #random: () => number
  restarts = 0

  private constructor(
    broker: BrokerProcess,
    servers: ServerProcesses,
    proxy: FaultProxy,
    random: () => number,
  ) {
    this.broker = broker
    this.servers = servers
    this.proxy = proxy
    this.#random = random
  }

  static async open(name: BrokerName, random: () => number): Promise<Site> {
    const broker = await (name === 'redis' ? BrokerProcess.redis() : BrokerProcess.nats())
    const servers = await ServerProcesses.start(SERVERS, name, broker.port)
    return new Site(broker, servers, await faultProxy({ target: () => servers.urls }), random)
  }

  async disrupt(what: Disruption): Promise<void> {
    switch (what) {
      case 'kill a server': {
        const i = Math.floor(this.#random() * SERVERS)
        await this.servers.kill(i)
        return this.servers.start(i)
      }
      case 'kill the broker':
        await this.broker.kill()
        await this.broker.start()
        this.restarts++
        return
      case 'cut a third':
        for (const connection of this.proxy.connections) if (this.#random() < 1 / 3) connection.cut()
        return
      case 'cut all':
        this.proxy.cut()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close()
    await this.servers[Symbol.asyncDispose]()
    await this.broker[Symbol.asyncDispose]()
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!condition()) {
    if (performance.now() > deadline)
      throw new Error(`It did not happen within ${PATIENCE_MS / 1_000} s: ${what}.`)
    await pause(5)
  }
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const keyed = items.map((item) => ({ item, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

async function pullPlugs(name: BrokerName, seed: number): Promise<void> {
  const random = seeded(seed)
  await using site = await Site.open(name, random)
  const { proxy, servers } = site
  const clients = Array.from({ length: CLIENTS }, () => new Client(proxy.url))
  const channel = await sharedChannel(name, site.broker.port)
  try {
    // From here on they must get everything: they have been told where they are.
    await until(() => clients.every(({ source }) => source.lastEventId !== ''), 'all clients have a position')
    const publishers = [Publisher.overHttp('http', proxy.url), Publisher.onChannel('channel', channel)]
    let begun = 0
    const allowed = (): number => (begun + 1) * SHARE
    const publishing = Promise.all(publishers.map((publisher) => publisher.run(EVENTS, 10, allowed)))
    const acknowledged = (): number => publishers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)

    for (const disruption of shuffled(DISRUPTIONS, random)) {
      // Who is not there cannot be cut off. What is killed is killed while many come back from what was before.
      if (disruption.startsWith('cut'))
        await until(() => clients.every(({ isOpen }) => isOpen), 'all clients are connected')
      begun++
      // In the midst of its share.
      await until(() => acknowledged() >= (begun + 0.5) * 2 * SHARE, 'events are acknowledged')
      await site.disrupt(disruption)
    }
    await publishing
    const last = ['http', 'channel'].map((who) => `${who}${EVENTS}`)
    const complete = ({ data, connections }: Client): boolean =>
      connections > 1 && data.length >= 2 * EVENTS && last.every((end) => data.includes(end))
    await until(() => clients.every(complete), 'every client has come back, and has the last events').catch(
      () => {},
    )

    expect(acknowledged()).toBe(2 * EVENTS)
    const order = clients[0]?.data ?? []
    const expected = (who: string): string[] => Array.from({ length: EVENTS }, (_, i) => `${who}${i + 1}`)
    // What one publisher had acknowledged before it went on comes in that order.
    expect(order.filter((data) => data.startsWith('http'))).toEqual(expected('http'))
    expect(order.filter((data) => data.startsWith('channel'))).toEqual(expected('channel'))
    expect(order.length).toBe(2 * EVENTS)
    const others = clients.filter(({ data }) => data.join() !== order.join())
    expect(others.map(({ data }) => data)).toEqual([])
    expect(clients.flatMap(({ trouble }) => trouble)).toEqual([])

    // There was something to notice, and everyone had to notice it.
    expect([servers.kills, site.restarts]).toEqual([3, 2])
    expect(proxy.statistics().faults.cut, String(proxy)).toBeGreaterThan(CLIENTS)
    expect(Math.min(...clients.map(({ connections }) => connections))).toBeGreaterThan(1)
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
