import { createHash } from 'node:crypto'
import { Socket } from 'node:net'
import { isSseError } from '@sse/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { FakeClock, turns } from '../../src/clock/fake-clock.ts'
import type { TestingErrorCode } from '../../src/errors.ts'
import type { CutKind, StreamFaults } from '../../src/faults/fault-plan.ts'
import { faultProxy, type ProxyHappening, seeded } from '../../src/node.ts'
import { until, WireClient, wireServer } from './wire.ts'

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'

/** Answers the first bytes of a request with this, and leaves the connection open. */
function answering(text: string, end = false): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', () => (end ? socket.end(text, 'latin1') : socket.write(text, 'latin1')))
    // Or its end would not be seen.
    socket.on('data', () => {})
  }
}

describe('without faults', () => {
  it('passes both directions, and half-closes, byte for byte', async () => {
    await using server = await wireServer((socket) => {
      let got = 0
      socket.on('data', (chunk) => {
        got += chunk.length
      })
      socket.on('end', () => socket.end(`${got} bytes`))
    })
    await using proxy = await faultProxy({ target: server.url })
    using client = new WireClient(proxy.url)
    client.socket.end(Buffer.alloc(300_000))
    expect(await client.end()).toBe('fin')
    expect(client.text).toBe('300000 bytes')
    await until(() => proxy.connections.length === 0)
    expect(proxy.statistics()).toMatchObject({
      connections: 1,
      open: 0,
      requestBytes: 300_000,
      responseBytes: 12,
      heldBytes: 0,
    })
  })

  it('passes a reset on as a reset, behind what was sent before it', async () => {
    await using server = await wireServer((socket) => {
      socket.once('data', () => socket.write('abc'))
    })
    await using proxy = await faultProxy({ target: server.url })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    // Not together with the data: that is an end to a proxy on Node 22.
    await client.received(3)
    ;(await server.socket(0)).resetAndDestroy()
    expect([await client.end(), client.text]).toEqual(['ECONNRESET', 'abc'])
    expect(proxy.statistics().unreachable).toBe(0)
  })

  it('tells the server when the client is gone: by an end, and by a break once it writes on', async () => {
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await client.received(3)
    client.socket.destroy()
    const socket = await server.socket(0)
    await until(() => socket.readableEnded)
    // The first write is answered by a reset, which the next one finds: as without a proxy.
    await until(() => !socket.write('def') || socket.destroyed)
    await until(() => proxy.connections.length === 0)
  })

  it('has the path of the target in its url', async () => {
    await using proxy = await faultProxy({ target: 'http://localhost:1/events?topic=a' })
    expect(proxy.url).toBe(`http://127.0.0.1:${proxy.port}/events?topic=a`)
    await using bare = await faultProxy({ target: 'http://localhost:1' })
    expect(bare.url).toBe(`http://127.0.0.1:${bare.port}`)
  })
})

describe('a cut', () => {
  const body = 'data: 1\n\ndata: 2\n\n'
  const whole = HEAD + body

  it.each<[CutKind, string]>([
    ['reset', 'ECONNRESET'],
    ['fin', 'fin'],
  ])('by %s comes after exactly so many bytes, wherever that is', async (how, ended) => {
    await using server = await wireServer(answering(whole))
    const places = Array.from({ length: whole.length + 1 }, (_, at) => at)
    await using proxy = await faultProxy({
      target: server.url,
      faults: places.map((afterBytes) => ({ cut: { afterBytes, how } })),
    })
    for (const at of places) {
      using client = new WireClient(proxy.url)
      client.socket.write('GET')
      expect([await client.end(), client.text]).toEqual([ended, whole.slice(0, at)])
      client.socket.destroy()
      await until(() => server.sockets[at]?.destroyed === true || server.sockets[at]?.readableEnded === true)
    }
    await until(() => proxy.connections.length === 0)
    expect(proxy.statistics()).toMatchObject({ connections: places.length, faults: { cut: places.length } })
  })

  it('can be counted from the body', async () => {
    await using server = await wireServer(answering(whole))
    await using proxy = await faultProxy({
      target: server.url,
      faults: { cut: { afterBytes: 4, from: 'body' } },
    })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    expect([await client.end(), client.text]).toEqual(['ECONNRESET', `${HEAD}data`])
  })

  it.each<[CutKind, string]>([
    ['reset', 'ECONNRESET'],
    ['fin', 'fin'],
  ])(
    'by %s never lets more through to a slow client; in front of a fin every byte arrives',
    async (how, ended) => {
      const afterBytes = 10_000_000
      await using server = await wireServer(answering('x'.repeat(2 * afterBytes)))
      await using proxy = await faultProxy({
        target: server.url,
        // All of it waits in the proxy when the cut is reached.
        bufferBytes: afterBytes,
        faults: { cut: { afterBytes, how } },
      })
      using client = new WireClient(proxy.url)
      client.socket.pause()
      client.socket.write('GET')
      await until(() => proxy.statistics().faults.cut === 1)
      expect(proxy.statistics().responseBytes).toBeLessThan(afterBytes)
      client.socket.resume()
      expect(await client.end()).toBe(ended)
      const got = client.chunks.reduce((sum, { length }) => sum + length, 0)
      if (how === 'fin') expect(got).toBe(afterBytes)
      else expect(got).toBeLessThanOrEqual(afterBytes)
      await until(() => proxy.statistics().responseBytes === afterBytes)
    },
  )

  it('that is half-open leaves the client with an open connection, and the server with none', async () => {
    await using server = await wireServer(answering(whole))
    await using proxy = await faultProxy({
      target: server.url,
      faults: { cut: { afterBytes: whole.length, how: 'half-open' } },
    })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await client.received(whole.length)
    await until(() => server.sockets[0]?.destroyed === true || server.sockets[0]?.readableEnded === true)
    client.socket.write('is anybody there?')
    expect([client.ended, proxy.statistics().open]).toEqual([undefined, 1])
    client.socket.end()
    await until(() => proxy.statistics().open === 0)
  })

  it('can come at a time', async () => {
    const clock = new FakeClock()
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url, clock, faults: { cut: { afterMs: 5_000 } } })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await client.received(3)
    clock.advance(4_999)
    expect(proxy.statistics().faults.cut).toBe(0)
    clock.advance(1)
    expect(await client.end()).toBe('ECONNRESET')
    await until(() => proxy.statistics().open === 0)
    expect([proxy.statistics().faults.cut, clock.pendingTimers]).toEqual([1, 0])
    using other = new WireClient(proxy.url)
    await until(() => clock.pendingTimers === 1)
    other.socket.resetAndDestroy()
    await until(() => proxy.statistics().open === 0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('of the request leaves the server with what came before it', async () => {
    await using server = await wireServer((socket) => void socket.resume())
    await using proxy = await faultProxy({
      target: server.url,
      faults: { request: { cut: { afterBytes: 2, how: 'fin' } } },
    })
    using client = new WireClient(proxy.url)
    client.socket.write('abc')
    const socket = await server.socket(0)
    await until(() => socket.readableEnded)
    expect(socket.bytesRead).toBe(2)
    await client.end()
  })

  it('by hand breaks one connection, or all', async () => {
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url })
    using first = new WireClient(proxy.url)
    first.socket.write('GET')
    await first.received(3)
    using second = new WireClient(proxy.url)
    second.socket.write('GET')
    await second.received(3)
    const [connection] = proxy.connections
    connection?.cut('fin')
    expect(await first.end()).toBe('fin')
    expect(second.ended).toBeUndefined()
    proxy.cut()
    expect(await second.end()).toBe('ECONNRESET')
    await until(() => proxy.connections.length === 0)
    connection?.cut()
    expect(proxy.statistics().faults.cut).toBe(2)
  })

  it('by hand does not wait for a client that does not read', async () => {
    await using server = await wireServer(answering('x'.repeat(20_000_000)))
    await using proxy = await faultProxy({ target: server.url })
    using client = new WireClient(proxy.url)
    client.socket.pause()
    client.socket.write('GET')
    await until(() => proxy.statistics().heldBytes > 0)
    proxy.cut()
    await until(() => proxy.connections.length === 0)
  })
})

describe('a stall', () => {
  it('holds what comes after its byte until it is resumed, the end too', async () => {
    await using server = await wireServer(answering('abcdef', true))
    await using proxy = await faultProxy({ target: server.url, faults: { stall: { afterBytes: 2 } } })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await until(() => proxy.statistics().heldBytes === 4 && client.text !== '')
    expect([client.text, client.ended, proxy.statistics().faults.stall]).toEqual(['ab', undefined, 1])
    proxy.resume()
    expect([await client.end(), client.text]).toEqual(['fin', 'abcdef'])
  })

  it('by hand holds both directions; the server going away is not heard', async () => {
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await client.received(3)
    proxy.stall()
    client.socket.write('more')
    server.sockets[0]?.end('def')
    await until(() => proxy.statistics().heldBytes === 7)
    expect([client.text, client.ended, server.sockets[0]?.bytesRead]).toEqual(['abc', undefined, 3])
    proxy.connections[0]?.resume()
    expect([await client.end(), client.text]).toEqual(['fin', 'abcdef'])
    await until(() => server.sockets[0]?.bytesRead === 7)
  })

  it('can come at a time', async () => {
    const clock = new FakeClock()
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url, clock, faults: { stall: { afterMs: 10 } } })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await client.received(3)
    clock.advance(10)
    server.sockets[0]?.write('def')
    await until(() => proxy.statistics().heldBytes === 3)
    expect(client.text).toBe('abc')
  })
})

describe('time', () => {
  it('of latency and bandwidth is that of the clock', async () => {
    const clock = new FakeClock()
    await using server = await wireServer(answering('abcd', true))
    await using proxy = await faultProxy({
      target: server.url,
      clock,
      faults: { latencyMs: 60_000, bandwidthBytes: 2 },
    })
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await until(() => proxy.statistics().heldBytes === 4 && server.sockets[0]?.writableFinished === true)
    // The end is on its way, and must be there before the time passes.
    await turns(30)
    await clock.advanceAsync(60_500)
    expect(await client.received(1)).toBe('a')
    await clock.advanceAsync(1_500)
    expect([await client.end(), client.text]).toEqual(['fin', 'abcd'])
  })
})

describe('split bytes', () => {
  it('are sent each alone, in a turn of its own', async () => {
    await using server = await wireServer(answering('data: é\n\n', true))
    await using proxy = await faultProxy({ target: server.url, faults: { splitBytes: 1 } })
    using client = new WireClient(proxy.url)
    let turn = 0
    const pieces: string[] = []
    const turnsOfPieces: number[] = []
    // Looked at where they are written: a busy system may hand on together what came to it apart.
    const { write } = Socket.prototype
    const spy = vi.spyOn(Socket.prototype, 'write')
    onTestFinished(() => spy.mockRestore())
    spy.mockImplementation(function (this: Socket, ...args: unknown[]) {
      if (this !== client.socket && this.remotePort === client.socket.localPort) {
        pieces.push(Buffer.from(args[0] as Uint8Array).toString('latin1'))
        turnsOfPieces.push(turn)
      }
      return Reflect.apply(write, this, args)
    })
    client.socket.write('GET')
    while (client.ended === undefined) {
      await new Promise((resolve) => setImmediate(resolve))
      turn++
    }
    expect([pieces, client.text]).toEqual([[...'data: é\n\n'], 'data: é\n\n'])
    expect(new Set(turnsOfPieces).size).toBe(pieces.length)
  })
})

describe('refusals', () => {
  it('close the port for new connections, and open the same one again', async () => {
    await using server = await wireServer(answering('abc'))
    // Not one of the system's choice, which others may be given while it is closed.
    await using proxy = await faultProxy({ target: server.url, port: await freePort() })
    const { url } = proxy
    using open = new WireClient(url)
    open.socket.write('GET')
    await open.received(3)
    await proxy.refuse(true)
    await proxy.refuse(true)
    using refused = new WireClient(url)
    expect(await refused.end()).toBe('ECONNREFUSED')
    server.sockets[0]?.write('def')
    expect(await open.received(6)).toBe('abcdef')
    await proxy.refuse(false)
    await proxy.refuse(false)
    expect(proxy.url).toBe(url)
    using again = new WireClient(url)
    again.socket.write('GET')
    expect(await again.received(3)).toBe('abc')
  })

  it('stay, when another program took the port in the meantime, and are told of', async () => {
    await using proxy = await faultProxy({ target: 'http://localhost:1', port: await freePort() })
    await proxy.refuse(true)
    await using _other = await faultProxy({ target: 'http://localhost:1', port: proxy.port })
    for (const _ of [1, 2])
      await expect(proxy.refuse(false)).rejects.toMatchObject({ code: 'port-unavailable' })
  })

  it('of one connection reset it, and never reach the target', async () => {
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url, faults: [{ refuse: true }] })
    using first = new WireClient(proxy.url)
    expect(await first.end()).toBe('ECONNRESET')
    using second = new WireClient(proxy.url)
    second.socket.write('GET')
    await second.received(3)
    expect([server.sockets.length, proxy.statistics().faults.refuse]).toEqual([1, 1])
  })

  it('of an answer take the request, and say nothing', async () => {
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url, faults: { neverAnswer: true } })
    using client = new WireClient(proxy.url)
    client.socket.write(Buffer.alloc(1_000_000))
    await until(() => client.socket.writableLength === 0)
    expect([client.ended, server.sockets.length, proxy.statistics().open]).toEqual([undefined, 0, 1])
    client.socket.end()
    await until(() => proxy.statistics().open === 0)
    using other = new WireClient(proxy.url)
    await until(() => proxy.statistics().open === 1)
    proxy.cut('fin')
    expect(await other.end()).toBe('fin')
    const clock = new FakeClock()
    await using impatient = await faultProxy({
      target: server.url,
      clock,
      faults: { neverAnswer: true, cut: { afterMs: 30_000 } },
    })
    using last = new WireClient(impatient.url)
    await until(() => clock.pendingTimers === 1)
    clock.advance(30_000)
    expect(await last.end()).toBe('ECONNRESET')
  })
})

describe('a target that is not there', () => {
  it('resets the client, and says why', async () => {
    const seen: ProxyHappening[] = []
    await using proxy = await faultProxy({
      target: `http://127.0.0.1:${await freePort()}`,
      observe: (happening) => seen.push(happening),
    })
    using client = new WireClient(proxy.url)
    expect(await client.end()).toBe('ECONNRESET')
    await until(() => proxy.connections.length === 0)
    expect(seen.map(({ type }) => type)).toEqual(['opened', 'unreachable', 'closed'])
    expect(proxy.statistics().unreachable).toBe(1)
  })
})

describe('backpressure', () => {
  it('of a client that does not read reaches the server, and what is held is bounded', async () => {
    let written = 0
    await using server = await wireServer((socket) => {
      const chunk = Buffer.alloc(65_536)
      const write = (): void => {
        while (!socket.destroyed && socket.write(chunk)) written += chunk.length
      }
      socket.on('drain', write)
      socket.once('data', write)
    })
    await using proxy = await faultProxy({
      target: server.url,
      bufferBytes: 100_000,
      faults: { latencyMs: 0.1 },
    })
    using client = new WireClient(proxy.url)
    client.socket.pause()
    client.socket.write('GET')
    await until(() => proxy.statistics().heldBytes >= 100_000)
    // The kernel's own buffers fill, and then nothing moves any more.
    let before = -1
    for (let quiet = 0; quiet < 200; quiet = written === before ? quiet + 1 : 0) {
      before = written
      await new Promise((resolve) => setImmediate(resolve))
      expect(proxy.statistics().heldBytes).toBeLessThanOrEqual(100_000 + 65_536)
    }
    const blockedAt = written
    client.socket.resume()
    await until(() => written > blockedAt * 2)
  })
})

describe('a plan', () => {
  it('is the same for all, one for each in turn, or a function of the index and chance', async () => {
    const planned = async (
      faults: Parameters<typeof faultProxy>[0]['faults'],
      seed: number,
    ): Promise<unknown[]> => {
      const seen: unknown[] = []
      await using server = await wireServer()
      await using proxy = await faultProxy({
        target: server.url,
        seed,
        faults,
        observe: (happening) => happening.type === 'opened' && seen.push(happening.connection.faults),
      })
      for (let index = 0; index < 3; index++) {
        using _client = new WireClient(proxy.url)
        await until(() => seen.length > index)
      }
      return seen
    }
    const cut = { cut: { afterBytes: 9 } }
    expect(await planned(undefined, 1)).toEqual([{}, {}, {}])
    expect(await planned(cut, 1)).toEqual([cut, cut, cut])
    expect(await planned([undefined, cut], 1)).toEqual([{}, cut, {}])
    const byChance = ({
      index,
      random,
    }: {
      index: number
      random: () => number
    }): StreamFaults | undefined =>
      index === 1 ? undefined : { cut: { afterBytes: Math.floor(random() * 1e6) } }
    const first = await planned(byChance, 1)
    expect([first[1], await planned(byChance, 1)]).toEqual([{}, first])
    expect(first[0]).not.toEqual(first[2])
    expect(await planned(byChance, 2)).not.toEqual(first)
  })

  it('leaves to chance what the seed and the index say', async () => {
    const zeros = '\0'.repeat(500)
    await using server = await wireServer(answering(zeros, true))
    const received = async (seed: number): Promise<string[]> => {
      await using proxy = await faultProxy({
        target: server.url,
        seed,
        faults: { corrupt: { probability: 0.1 } },
      })
      const texts: string[] = []
      for (let index = 0; index < 2; index++) {
        using client = new WireClient(proxy.url)
        client.socket.write('GET')
        await client.end()
        texts.push(client.text)
      }
      return texts
    }
    const first = await received(1)
    expect(await received(1)).toEqual(first)
    expect(new Set([...first, ...(await received(2))]).size).toBe(4)
  })

  it('can be changed for connections to come', async () => {
    await using server = await wireServer(answering('abc'))
    await using proxy = await faultProxy({ target: server.url, faults: { refuse: true } })
    proxy.faults = undefined
    using client = new WireClient(proxy.url)
    client.socket.write('GET')
    await client.received(3)
    expect(() => {
      proxy.faults = { latencyMs: -1 }
    }).toThrow('latencyMs')
    expect(proxy.faults).toBeUndefined()
  })

  it('that throws resets the connection, and fails the test when the proxy is closed, with the seed', async () => {
    await using server = await wireServer()
    const proxy = await faultProxy({ target: server.url, seed: 99, faults: () => ({ latencyMs: -1 }) })
    using client = new WireClient(proxy.url)
    expect(await client.end()).toBe('ECONNRESET')
    using later = new WireClient(proxy.url)
    expect(await later.end()).toBe('ECONNRESET')
    expect(String(proxy)).toContain(
      'The plan of faults failed for connection 0 (seed 99): The fault latencyMs',
    )
    await expect(proxy.close()).rejects.toThrow('The plan of faults failed for connection 0 (seed 99)')
  })
})

describe('what makes no sense', () => {
  it.each([
    ['target', { target: 'localhost:3000' }],
    ['target', { target: 'nonsense' }],
    ['seed', { target: 'http://localhost', seed: 0.5 }],
    ['port', { target: 'http://localhost', port: 70_000 }],
    ['bufferBytes', { target: 'http://localhost', bufferBytes: 0 }],
    ['latencyMs', { target: 'http://localhost', faults: { latencyMs: -1 } }],
  ])('is refused: %s of %j', async (field, options) => {
    const error = await faultProxy(options).catch((reason: unknown) => reason)
    expect(isSseError<TestingErrorCode>(error, 'invalid-option') && error.field).toBe(field)
  })

  it('is a port that another program has', async () => {
    await using taken = await faultProxy({ target: 'http://localhost:1' })
    await expect(faultProxy({ target: 'http://localhost:1', port: taken.port })).rejects.toMatchObject({
      code: 'port-unavailable',
      message: `Cannot listen on 127.0.0.1:${taken.port} (EADDRINUSE). Choose another port, or 0 for any that is free.`,
    })
  })
})

it('breaks off all connections when it is disposed of, also those that are stalled, and opens no more', async () => {
  await using server = await wireServer(answering('abc'))
  const proxy = await faultProxy({ target: server.url })
  using client = new WireClient(proxy.url)
  client.socket.write('GET')
  await client.received(3)
  proxy.stall()
  await proxy[Symbol.asyncDispose]()
  await client.end()
  await until(() => server.sockets[0]?.readableEnded === true || server.sockets[0]?.destroyed === true)
  expect([proxy.connections, proxy.statistics().open]).toEqual([[], 0])
  await expect(proxy.refuse(false)).rejects.toThrow('This proxy is closed.')
})

it('says in words what it did, with the seed', async () => {
  await using server = await wireServer(answering('abc'))
  await using proxy = await faultProxy({ target: server.url, seed: 7, faults: { cut: { afterBytes: 2 } } })
  using client = new WireClient(proxy.url)
  client.socket.write('GET')
  await client.end()
  await until(() => proxy.connections.length === 0)
  expect(String(proxy)).toBe(
    'faultProxy with seed 7: 1 connections (0 open), 3 bytes of requests and 2 of responses, faults: 1 × cut',
  )
})

it('brings the same bytes over sockets, whatever the faults that lose nothing', async () => {
  const digest = (chunks: readonly Uint8Array[]): string => {
    const hash = createHash('sha256')
    for (const chunk of chunks) hash.update(chunk)
    return hash.digest('hex')
  }
  const sent = new Map<number, string>()
  await using server = await wireServer((socket) => {
    socket.once('data', (request) => {
      const seed = Number(request.toString())
      const random = seeded(seed)
      const chunks = Array.from({ length: 40 }, () =>
        Buffer.from(Array.from({ length: 1 + Math.floor(random() * 50) }, () => Math.floor(random() * 256))),
      )
      sent.set(seed, digest(chunks))
      for (const chunk of chunks) socket.write(chunk)
      socket.end()
    })
  })
  await using proxy = await faultProxy({
    target: server.url,
    bufferBytes: 500,
    faults: ({ random }) => {
      const maybe = <T>(value: T): T | undefined => (random() < 0.5 ? value : undefined)
      return {
        latencyMs: maybe(random() * 10),
        jitterMs: maybe(random() * 10),
        bandwidthBytes: maybe(20_000 + Math.floor(random() * 50_000)),
        splitBytes: maybe([1, 20]),
        buffer: maybe({ untilBytes: 300 }),
        request: { splitBytes: maybe(10) },
      }
    },
  })
  await Promise.all(
    Array.from({ length: 60 }, async (_, seed) => {
      using client = new WireClient(proxy.url)
      client.socket.write(String(seed))
      expect(await client.end(), `connection ${seed}: ${proxy}`).toBe('fin')
      expect(digest(client.chunks), `connection ${seed}: ${proxy}`).toBe(sent.get(seed))
    }),
  )
})

it('cuts 300 connections at random, as its seed says, and is left with none', async () => {
  const body = 'x'.repeat(5_000)
  await using server = await wireServer(answering(body, true))
  const run = async (): Promise<number[]> => {
    const cuts: number[] = []
    await using proxy = await faultProxy({
      target: server.url,
      seed: 11,
      faults: ({ index, random }) => {
        const afterBytes = Math.floor(random() * 10_000)
        cuts[index] = Math.min(afterBytes, body.length)
        return { cut: { afterBytes }, splitBytes: [100, 2_000] }
      },
    })
    const got = await Promise.all(
      Array.from({ length: 300 }, async () => {
        using client = new WireClient(proxy.url)
        client.socket.write('GET')
        await client.end()
        return client.text.length
      }),
    )
    await until(() => proxy.connections.length === 0)
    // Which client got which index is a matter of the operating system's.
    expect(got.toSorted((a, b) => a - b)).toEqual(cuts.toSorted((a, b) => a - b))
    expect(proxy.statistics().connections).toBe(300)
    return cuts
  }
  expect(await run()).toEqual(await run())
})
