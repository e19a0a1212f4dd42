import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { faultProxy, type ProxyHappening } from '../../src/node.ts'
import { until, WireClient, type WireServer, wireServer } from './wire.ts'

/** A server that answers each message with its name and the message. */
function named(name: string): Promise<WireServer> {
  return wireServer((socket) => socket.on('data', (bytes) => socket.write(`${name}:${bytes};`)))
}

const tcp = ({ url }: WireServer): string => url.replace('http', 'tcp')

/** A port where nobody listens. */
async function nobody(): Promise<string> {
  return `tcp://127.0.0.1:${await freePort()}`
}

/** Which server answers a new connection through the proxy. */
async function answering(url: string): Promise<string> {
  using client = new WireClient(url)
  client.socket.write('?')
  return (await client.received('a:?;'.length)).slice(0, 1)
}

describe('a target that speaks something else than HTTP', () => {
  it('is reached as it is, in both directions, and the url of the proxy says so', async () => {
    await using server = await named('a')
    await using proxy = await faultProxy({ target: tcp(server) })
    expect(proxy.url).toBe(`tcp://127.0.0.1:${proxy.port}`)
    using client = new WireClient(proxy.url)
    // Also the peer that speaks first.
    const socket = await server.socket(0)
    socket.write('hello;')
    await client.received(6)
    client.socket.write('\0\xff\r\n\r\n', 'latin1')
    expect(await client.received('hello;a:'.length)).toContain('hello;a:')
  })

  it('suffers what any other does', async () => {
    await using server = await named('a')
    await using proxy = await faultProxy({ target: tcp(server), faults: { cut: { afterBytes: 3 } } })
    using client = new WireClient(proxy.url)
    client.socket.write('xyz')
    expect([await client.end(), client.text]).toEqual(['ECONNRESET', 'a:x'])
  })

  it.each(['tcp://localhost', 'tcp://:80', 'tcp:', 'redis://localhost:6379', 'localhost:6379', ''])(
    'is refused where it is no address: %s',
    async (target) => {
      await expect(faultProxy({ target })).rejects.toMatchObject({ code: 'invalid-option', field: 'target' })
    },
  )

  it('has no Host to rewrite', async () => {
    await expect(faultProxy({ target: 'tcp://localhost:1', rewriteHost: true })).rejects.toMatchObject({
      code: 'invalid-option',
      field: 'rewriteHost',
    })
    await using _ = await faultProxy({ target: 'tcp://localhost:1', rewriteHost: false })
  })
})

describe('several targets', () => {
  it('have their turns', async () => {
    await using a = await named('a')
    await using b = await named('b')
    await using c = await named('c')
    await using proxy = await faultProxy({ target: [a, b, c].map(tcp) })
    const answers: string[] = []
    for (let n = 0; n < 7; n++) answers.push(await answering(proxy.url))
    expect(answers.join('')).toBe('abcabca')
  })

  it('are passed over while they take no connection, and the others still have their turns', async () => {
    await using a = await named('a')
    await using c = await named('c')
    const seen: ProxyHappening['type'][] = []
    await using proxy = await faultProxy({
      target: [tcp(a), await nobody(), tcp(c)],
      observe: ({ type }) => seen.push(type),
    })
    const answers: string[] = []
    for (let n = 0; n < 6; n++) answers.push(await answering(proxy.url))
    expect(answers.join('')).toBe('acacac')
    expect([proxy.statistics().unreachable, seen.includes('unreachable')]).toEqual([0, false])
  })

  it('reset a client when none takes its connection, and say so once', async () => {
    const errors: Error[] = []
    await using proxy = await faultProxy({
      target: [await nobody(), await nobody()],
      observe: (happening) => happening.type === 'unreachable' && errors.push(happening.error),
    })
    using client = new WireClient(proxy.url)
    expect(await client.end()).toBe('ECONNRESET')
    await until(() => proxy.connections.length === 0)
    expect(errors).toMatchObject([{ code: 'ECONNREFUSED' }])
    expect(proxy.statistics()).toMatchObject({ connections: 1, open: 0, unreachable: 1 })
  })

  it('may be http and https and tcp; the url has the path of the first', async () => {
    await using proxy = await faultProxy({ target: ['http://localhost:1/a?b', 'tcp://localhost:1'] })
    expect(proxy.url).toBe(`http://127.0.0.1:${proxy.port}/a?b`)
  })

  it('are refused when there are none', async () => {
    await expect(faultProxy({ target: [] })).rejects.toMatchObject({
      code: 'invalid-option',
      field: 'target',
    })
  })

  it('are left alone when the connection breaks off before one of them has taken it', async () => {
    // It accepts, and never answers: no TLS comes about.
    await using silent = await wireServer()
    await using other = await named('b')
    await using proxy = await faultProxy({ target: [silent.url.replace('http', 'https'), tcp(other)] })
    using client = new WireClient(proxy.url)
    const trial = await silent.socket(0)
    trial.resume()
    proxy.cut()
    expect(await client.end()).toBe('ECONNRESET')
    await until(() => trial.readableEnded || trial.destroyed)
    expect(proxy.statistics()).toMatchObject({ open: 0, unreachable: 0, faults: { cut: 1 } })
    expect(other.sockets).toEqual([])
  })

  it('are not asked to go on with what another has begun', async () => {
    await using a = await wireServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    await using b = await named('b')
    await using proxy = await faultProxy({ target: [tcp(a), tcp(b)] })
    using client = new WireClient(proxy.url)
    client.socket.write('?')
    expect([await client.end(), client.text]).toEqual(['ECONNRESET', ''])
    expect(b.sockets).toEqual([])
    // It had not had its turn either.
    expect(await answering(proxy.url)).toBe('b')
  })
})

describe('a target that a function says', () => {
  it('is asked for with each connection: servers come, go, and change their ports', async () => {
    await using a = await named('a')
    await using b = await named('b')
    let target: string | readonly string[] = tcp(a)
    await using proxy = await faultProxy({ target: () => target })
    expect(proxy.url).toBe(`http://127.0.0.1:${proxy.port}`)
    expect(await answering(proxy.url)).toBe('a')
    target = tcp(b)
    expect(await answering(proxy.url)).toBe('b')
    target = [tcp(a), tcp(b)]
    expect([await answering(proxy.url), await answering(proxy.url)].sort()).toEqual(['a', 'b'])
    target = []
    using client = new WireClient(proxy.url)
    expect(await client.end()).toBe('ECONNRESET')
    expect(proxy.statistics()).toMatchObject({ connections: 5, unreachable: 1 })
  })

  it.each<[string, () => string, string]>([
    [
      'throws',
      () => {
        throw new Error('not today')
      },
      'The target failed for connection 0 (seed 1): not today',
    ],
    [
      'says nonsense',
      () => 'nonsense',
      'The target failed for connection 0 (seed 1): The target must be the URL',
    ],
  ])(
    'resets the connection when it %s, and fails the test when the proxy is closed',
    async (_, target, message) => {
      const proxy = await faultProxy({ target })
      using client = new WireClient(proxy.url)
      expect(await client.end()).toBe('ECONNRESET')
      await expect(proxy.close()).rejects.toMatchObject({
        code: 'invalid-option',
        field: 'target',
        message: expect.stringContaining(message),
      })
    },
  )
})

describe('an answer that is lost', () => {
  const asked = async (server: WireServer, index: number, message: string): Promise<Socket> => {
    const socket = await server.socket(index)
    await until(() => socket.bytesRead >= message.length)
    return socket
  }

  it('takes its connection along, and only that; the target has been asked', async () => {
    await using server = await named('a')
    await using proxy = await faultProxy({ target: tcp(server) })
    using quiet = new WireClient(proxy.url)
    await server.socket(0)
    using hit = new WireClient(proxy.url)
    await until(() => server.sockets.length === 2)
    proxy.loseAnswer()
    hit.socket.write('1')
    expect([await hit.end(), hit.text]).toEqual(['ECONNRESET', ''])
    await asked(server, 1, '1')
    // It was the next answer, not each of them.
    quiet.socket.write('2')
    expect(await quiet.received(4)).toBe('a:2;')
    expect(await answering(proxy.url)).toBe('a')
    expect(proxy.statistics()).toMatchObject({ connections: 3, faults: { cut: 1 } })
  })

  it('may be that of one connection, and of one that is made later', async () => {
    await using server = await named('a')
    await using proxy = await faultProxy({ target: tcp(server) })
    using first = new WireClient(proxy.url)
    await until(() => proxy.connections.length === 1)
    using second = new WireClient(proxy.url)
    await until(() => proxy.connections.length === 2)
    proxy.connections[0]?.loseAnswer('fin')
    second.socket.write('2')
    expect(await second.received(4)).toBe('a:2;')
    first.socket.write('1')
    expect([await first.end(), first.text]).toEqual(['fin', ''])
    proxy.loseAnswer()
    await expect(answering(proxy.url)).rejects.toThrow('ECONNRESET after 0')
  })
})
