import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { parseEventStream } from '@sse/core'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { cut, FakeClock, pause, stall, turns } from '../../src/index.ts'
import { scriptedServer } from '../../src/node.ts'

/** What a client gets on a connection that asks for this, letter by letter, until it ends or `enough` has come. */
async function speak(url: string, request: string, enough?: string): Promise<{ text: string; how: string }> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  let how = 'fin'
  // Node 22 takes a reset that comes together with data as an end. To write nothing sends nothing, and tells them apart.
  socket.on('end', () => socket.end(''))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    how = error.code ?? ''
  })
  socket.write(request)
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      if (enough !== undefined && text.endsWith(enough)) resolve()
    })
  })
  const isOver = socket.destroyed
  socket.destroy()
  return { text, how: isOver ? how : 'open' }
}

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

async function read(response: Response): Promise<unknown[]> {
  const heard: unknown[] = []
  try {
    for await (const { data } of parseEventStream(response)) heard.push(data)
    return [...heard, 'end']
  } catch (error) {
    return [...heard, String(error)]
  }
}

describe('scriptedServer with a script', () => {
  it('answers each request in turn', async () => {
    await using server = await scriptedServer([
      [{ id: '1', data: 'a' }, 'data: b\n', '\n'],
      { status: 503, headers: { 'retry-after': '1' }, steps: 'later' },
      { status: 204 },
    ])
    const first = await fetch(server.url)
    expect([...first.headers]).toEqual([
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    expect(await read(first)).toEqual(['a', 'b', 'end'])
    const second = await fetch(`${server.url}/x?y`, {
      method: 'POST',
      headers: { 'last-event-id': '1' },
      body: 'é',
    })
    expect([second.status, second.statusText, await second.text()]).toEqual([
      503,
      'Service Unavailable',
      'later',
    ])
    expect((await fetch(server.url)).status).toBe(204)
    expect(
      server.requests.map(({ method, path, lastEventId, index }) => [method, path, lastEventId, index]),
    ).toEqual([
      ['GET', '/', null, 0],
      ['POST', '/x?y', '1', 1],
      ['GET', '/', null, 2],
    ])
    expect([server.requests[1]?.url, await server.requests[1]?.body]).toEqual([`${server.url}/x?y`, 'é'])
    expect(await Promise.all(server.exchanges.map(({ done }) => done))).toEqual(Array(3).fill('complete'))
  })

  it('writes HTTP/1.1 letter by letter: chunked, and the connection serves the next request', async () => {
    await using server = await scriptedServer([[{ data: 'a' }], [{ data: 'b' }]])
    const { text, how } = await speak(server.url, GET + GET, 'b\n\n\r\n0\r\n\r\n')
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(text).toBe(`${head}9\r\ndata: a\n\n\r\n0\r\n\r\n${head}9\r\ndata: b\n\n\r\n0\r\n\r\n`)
    expect(how).toBe('open')
  })

  it.each([
    ['by option', { framing: 'close' } as const, {}, GET],
    ['by the response', {}, { framing: 'close' } as const, GET],
    ['for HTTP/1.0', {}, {}, 'GET / HTTP/1.0\r\n\r\n'],
  ])('ends a body with its connection, %s', async (_, options, response, request) => {
    await using server = await scriptedServer([{ ...response, steps: [{ data: 'a' }] }], options)
    expect(await speak(server.url, request)).toEqual({
      text: 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: a\n\n',
      how: 'fin',
    })
  })

  it('closes the connection when the request or the response asks for it', async () => {
    await using server = await scriptedServer([[], { headers: { Connection: 'close' } }])
    const asking = await speak(server.url, 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n')
    expect([asking.how, asking.text.split('\r\n')]).toMatchObject([
      'fin',
      expect.arrayContaining(['connection: close', '0']),
    ])
    const told = await speak(server.url, GET)
    expect([told.how, told.text.match(/connection: close/gi)]).toEqual(['fin', ['Connection: close']])
  })

  it('leaves framing to headers that say it', async () => {
    await using server = await scriptedServer([
      { headers: { 'content-length': '20' }, steps: ['data: a\n\n', cut('fin')] },
      { headers: { 'transfer-encoding': 'chunked' }, steps: ['zz\r\n'] },
    ])
    expect(await read(await fetch(server.url))).toEqual(['a', 'TypeError: terminated'])
    await expect((await fetch(server.url)).text()).rejects.toThrow('terminated')
  })

  it('has no body where there is none', async () => {
    await using server = await scriptedServer([{ status: 204 }, { status: 205 }, { status: 304 }, ['a']])
    const texts = []
    for (const request of [GET, GET, GET, 'HEAD / HTTP/1.1\r\n\r\n']) {
      texts.push((await speak(server.url, request, '\r\n\r\n')).text.split('\r\n').slice(1, -2))
    }
    expect(texts).toEqual([[], ['content-length: 0'], [], ['content-type: text/event-stream']])
  })

  it('sends any head at all', async () => {
    await using server = await scriptedServer([
      { rawHead: 'HTTP/1.1 200 OK\r\ncontent-type: text/ev', steps: [stall()] },
      { rawHead: new TextEncoder().encode('HTTP/9 what\r\n\r\n'), steps: ['raw', new Uint8Array([0xff])] },
      { rawHead: '', steps: [cut('fin')] },
    ])
    expect(await speak(server.url, GET, 'text/ev')).toEqual({
      text: 'HTTP/1.1 200 OK\r\ncontent-type: text/ev',
      how: 'open',
    })
    expect(await speak(server.url, GET)).toEqual({ text: 'HTTP/9 what\r\n\r\nraw\xff', how: 'fin' })
    expect(await speak(server.url, GET)).toEqual({ text: '', how: 'fin' })
  })

  it('breaks connections as networks do', async () => {
    await using server = await scriptedServer([
      [{ data: 'a' }, cut()],
      [{ data: 'a' }, cut('fin')],
      { framing: 'close', steps: [{ data: 'a' }, cut('fin')] },
      { networkError: true },
    ])
    expect((await speak(server.url, GET)).how).toBe('ECONNRESET')
    const fin = await speak(server.url, GET)
    expect([fin.how, fin.text.endsWith('9\r\ndata: a\n\n\r\n')]).toEqual(['fin', true])
    expect(await read(await fetch(server.url))).toEqual(['a', 'end'])
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
    expect(await Promise.all(server.exchanges.map(({ done }) => done))).toEqual(Array(4).fill('cut'))
  })

  it('sends each step in a packet of its own', async () => {
    await using server = await scriptedServer([['a', '', 'b', 'c']])
    const parts: string[] = []
    for await (const bytes of (await fetch(server.url)).body ?? [])
      parts.push(new TextDecoder().decode(bytes))
    expect(parts).toEqual(['a', 'b', 'c'])
  })

  it('may compress', async () => {
    const packed = gzipSync('data: a\n\n')
    await using server = await scriptedServer([{ headers: { 'content-encoding': 'gzip' }, steps: [packed] }])
    expect(await read(await fetch(server.url))).toEqual(['a', 'end'])
  })

  it('waits by its clock, with the head and with the steps', async () => {
    const clock = new FakeClock()
    await using server = await scriptedServer(
      [{ delayMs: 1_000, steps: [{ data: 'a' }, pause(15_000), { data: 'b' }] }],
      { clock },
    )
    const response = fetch(server.url)
    await server.next()
    while (clock.pendingTimers === 0) await turns(1)
    expect(clock.nextTimerMs).toBe(1_000)
    clock.advance(1_000)
    const events = parseEventStream(await response)[Symbol.asyncIterator]()
    expect((await events.next()).value).toMatchObject({ data: 'a' })
    while (clock.pendingTimers === 0) await turns(1)
    clock.advance(15_000)
    expect((await events.next()).value).toMatchObject({ data: 'b' })
    expect((await events.next()).done).toBe(true)
  })

  it('plays no faster than it is read', async () => {
    const KIB = 'x'.repeat(64 * 1024)
    let played = 0
    await using server = await scriptedServer([
      (function* () {
        for (; played < 1_000; played++) yield KIB
      })(),
    ])
    const response = await new Promise<IncomingMessage>((resolve) => get(server.url, resolve))
    const exchange = await server.next()
    // The socket is full: the steps come to a halt.
    for (let before = -1; before !== played || exchange.isRead; ) {
      before = played
      await turns(50)
    }
    expect(played).toBeLessThan(500)
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    await once(response, 'end')
    expect([bytes, exchange.sentBytes]).toEqual([1_000 * KIB.length, 1_000 * KIB.length])
  })
})

describe('the end of a script', () => {
  it('is told with status 500, and in words', async () => {
    await using server = await scriptedServer([[]])
    await fetch(server.url)
    const response = await fetch(`${server.url}/more`)
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'text/plain'])
    expect(await response.text()).toMatch(/one answer, but this is request 2: GET \/, GET \/more\. Add an/)
    expect(await server.exchanges[1]?.done).toBe('failed')
  })

  it('may be 204, or the last answer again', async () => {
    await using over = await scriptedServer([], { whenOver: 'no-content' })
    expect((await fetch(over.url)).status).toBe(204)
    await using repeats = await scriptedServer(['a'], { whenOver: 'repeat-last' })
    await fetch(repeats.url)
    expect(await (await fetch(repeats.url)).text()).toBe('a')
  })
})

describe('a mistake in a script', () => {
  it('comes out when the server is disposed of, and the client is told something', async () => {
    const mistake = new Error('a mistake')
    for (const [script, status] of [
      [
        () => {
          throw mistake
        },
        500,
      ],
      [
        [
          (function* () {
            yield 'a'
            throw mistake
          })(),
        ],
        200,
      ],
    ] as const) {
      const server = await scriptedServer(script)
      const response = await fetch(server.url)
      expect(response.status).toBe(status)
      if (status === 200) await expect(response.text()).rejects.toThrow('terminated')
      else expect(await response.text()).toBe('Error: a mistake')
      expect(await server.exchanges[0]?.done).toBe('failed')
      await expect(server[Symbol.asyncDispose]()).rejects.toBe(mistake)
      expect(server.connections).toBe(0)
    }
  })

  it.each([
    [{ framing: 'none' }, /framing is/],
    [{ rawHead: 'x', status: 200 }, /rawHead is the whole head/],
    [{ rawHead: 'x', headers: {} }, /rawHead is the whole head/],
    [{ data: 1 }, /there is a step/],
  ])('is refused: %j', async (answer, message) => {
    const server = await scriptedServer([answer as object])
    expect((await fetch(server.url)).status).toBe(500)
    await expect(server[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringMatching(message),
    })
  })

  it('is refused at once where it can be', async () => {
    for (const [script, options, message] of [
      [{ steps: [] }, {}, /Routes are paths.* "steps"/],
      [[], { framing: 'none' }, /framing/],
      [[], { origins: 0 }, /origins/],
      [[], { whenOver: 'never' }, /whenOver/],
      [{ '/': 7 }, {}, /A script is a list/],
    ] as const) {
      await expect(scriptedServer(script as never, options as never)).rejects.toThrow(message)
    }
  })
})

describe('routes', () => {
  it('have scripts of their own; elsewhere there is nothing', async () => {
    await using server = await scriptedServer({
      '/a': [['a1'], ['a2']],
      '/b': ({ path }) => [path],
      '/page': () => ({ headers: { 'content-type': 'text/html' }, steps: '<!doctype html>' }),
      '/hand': () => undefined,
    })
    const text = async (path: string): Promise<string> => (await fetch(server.url + path)).text()
    expect([await text('/a'), await text('/b?c'), await text('/a?x'), await text('/page')]).toEqual([
      'a1',
      '/b?c',
      'a2',
      '<!doctype html>',
    ])
    expect((await fetch(`${server.url}/favicon.ico`)).status).toBe(404)
    const byHand = text('/hand')
    ;(await server.next({ path: '/hand' })).send('by hand').end()
    expect(await byHand).toBe('by hand')
  })

  it('lead from one origin to another', async () => {
    await using server = await scriptedServer(
      {
        '/': () => ({ status: 302, headers: { location: `${server.origins[1]}/to` } }),
        '/to': [['there']],
      },
      { origins: 2 },
    )
    expect(server.origins[0]).toBe(server.url)
    const response = await fetch(server.url)
    expect([response.url, await response.text()]).toEqual([`${server.origins[1]}/to`, 'there'])
    expect(server.requests.map(({ url }) => url)).toEqual([`${server.url}/`, `${server.origins[1]}/to`])
  })
})

describe('cors', () => {
  const origin = 'http://page.example'

  it('lets pages of any origin read, after a preflight', async () => {
    await using server = await scriptedServer(
      [
        [],
        { headers: { 'Access-Control-Allow-Origin': null, 'access-control-allow-credentials': 'false' } },
        { status: 204 },
      ],
      { cors: true },
    )
    const ask = (method: string, more: Record<string, string> = {}): Promise<IncomingMessage> =>
      new Promise((resolve) => {
        get(server.url, { method, headers: { origin, ...more }, agent: new Agent() }, (response) => {
          response.resume().on('end', () => resolve(response))
        })
      })
    const preflight = await ask('OPTIONS', {
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'last-event-id',
    })
    expect([preflight.statusCode, preflight.headers]).toMatchObject([
      204,
      {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET',
        'access-control-allow-headers': 'last-event-id',
      },
    ])
    expect((await ask('GET')).headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
    })
    const { headers } = await ask('GET')
    expect([headers['access-control-allow-origin'], headers['access-control-allow-credentials']]).toEqual([
      undefined,
      'false',
    ])
    expect((await ask('OPTIONS')).statusCode).toBe(204)
    expect([server.preflights.length, server.requests.map(({ method, index }) => [method, index])]).toEqual([
      1,
      [
        ['GET', 0],
        ['GET', 1],
        ['OPTIONS', 2],
      ],
    ])
  })

  it('is off unless it is asked for', async () => {
    await using server = await scriptedServer(() => [])
    const preflight = { origin, 'access-control-request-method': 'GET' }
    const response = await fetch(server.url, { method: 'OPTIONS', headers: preflight })
    expect([response.status, response.headers.has('access-control-allow-origin')]).toEqual([200, false])
    expect(server.preflights).toEqual([])
  })
})

describe('scriptedServer by hand', () => {
  it('waits with each request until the test answers it', async () => {
    await using server = await scriptedServer()
    const request = fetch(server.url)
    const exchange = await server.next()
    exchange.respond({ headers: { x: 'y' } }).send({ data: 1 })
    const response = await request
    expect(response.headers.get('x')).toBe('y')
    const events = parseEventStream(response)[Symbol.asyncIterator]()
    expect((await events.next()).value).toMatchObject({ data: '1' })
    exchange.send('data: 2\n\n').end()
    expect((await events.next()).value).toMatchObject({ data: '2' })
    expect((await events.next()).done).toBe(true)
    expect([await exchange.done, exchange.sentBytes]).toEqual(['complete', 18])
  })

  it('cuts at a moment', async () => {
    await using server = await scriptedServer()
    for (const how of ['reset', 'fin'] as const) {
      const request = fetch(server.url)
      const exchange = (await server.next()).send({ data: 1 })
      const text = (await request).text()
      exchange.cut(how)
      await expect(text).rejects.toThrow('terminated')
      expect(await exchange.done).toBe('cut')
    }
    const refused = fetch(server.url)
    const [exchange] = await Promise.all([
      server.next().then((next) => next.cut()),
      expect(refused).rejects.toThrow(),
    ])
    expect(await exchange.done).toBe('cut')
  })

  it('sees its reader go, before the head and after it', async () => {
    await using server = await scriptedServer()
    for (const answered of [false, true]) {
      const controller = new AbortController()
      const request = fetch(server.url, { signal: controller.signal })
      const exchange = await server.next()
      if (answered) exchange.respond()
      else request.catch(() => {})
      if (answered) await request
      expect([exchange.isOpen, exchange.released]).toEqual([true, false])
      controller.abort()
      expect([await exchange.done, exchange.isOpen, exchange.released]).toEqual(['released', false, true])
      // Nobody is hurt by what comes too late.
      exchange.send('late').end()
    }
  })

  it('sees its reader go by a reset, and does not count what nobody took', async () => {
    const server = await scriptedServer()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf')
    const reset = (await server.next()).respond()
    await once(socket, 'data')
    socket.resetAndDestroy()
    expect(await reset.done).toBe('released')

    const [late, unended] = await Promise.all(
      [1, 2].map(async () => {
        get(server.url, { agent: false }).on('error', () => {})
        return (await server.next()).respond()
      }),
    )
    while (!(late?.isRead && unended?.isRead)) await turns(1)
    const disposed = server[Symbol.asyncDispose]()
    late?.send('late')
    unended?.end()
    await disposed
    expect([await late?.done, await unended?.done]).toEqual(['released', 'released'])
    await turns()
    expect(late?.sentBytes).toBe(0)
  })

  it('has a reader who waits, once all is taken', async () => {
    await using server = await scriptedServer()
    const request = fetch(server.url)
    const exchange = await server.next()
    expect(exchange.isRead).toBe(false)
    exchange.send('a')
    await request
    while (!exchange.isRead) await turns(1)
    expect(exchange.sentBytes).toBe(1)
  })
})

describe('requests', () => {
  it('come in pieces, in chunks, one after the other, and with half a body', async () => {
    await using server = await scriptedServer(async ({ body }) => [{ data: await body }])
    const socket: Socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes
    })
    const request =
      'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\ntrailer: x\r\n\r\nPOST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi'
    socket.setNoDelay()
    for (const piece of request.match(/.{1,5}/gs) ?? []) {
      socket.write(piece)
      await turns(1)
    }
    while (!text.includes('data: hi')) await once(socket, 'data')
    expect(text.match(/data: .*/g)).toEqual(['data: abc', 'data: hi'])
    socket.write('POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf')
    while (server.requests.length < 3) await turns(1)
    socket.destroy()
    await expect(server.requests[2]?.body).rejects.toThrow(/ended before the body/)
    expect(await server.exchanges[2]?.done).toBe('released')
  })

  it.each([
    'nonsense\r\n\r\n',
    'GET / HTTP/2\r\n\r\n',
    'GET / HTTP/1.1\r\nb@d h: x\r\n\r\n',
    'GET http://[ HTTP/1.1\r\n\r\n',
  ])('that are none are refused: %j', async (nonsense) => {
    await using server = await scriptedServer(() => [])
    const { text, how } = await speak(server.url, nonsense)
    expect([text.slice(0, 24), how, server.requests]).toEqual(['HTTP/1.1 400 Bad Request', 'fin', []])
  })

  it('may have a body that nobody waits for, which is no request', async () => {
    await using server = await scriptedServer(() => [])
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const hidden = 'GET /hidden HTTP/1.1\r\n\r\n'
    socket.write(`POST /a HTTP/1.1\r\ncontent-length: ${hidden.length}\r\n\r\n`)
    await once(socket, 'data')
    await server.exchanges[0]?.done
    socket.write(hidden)
    await turns()
    socket.write('POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\ntrailer: half')
    await server.next({ path: '/b' })
    expect(await server.requests[0]?.body).toBe(hidden)
    socket.destroy()
    await expect(server.requests[1]?.body).rejects.toThrow(/ended before the body/)
    expect(server.requests.map(({ path }) => path)).toEqual(['/a', '/b'])
  })

  it('are not answered after the last response of a connection', async () => {
    await using server = await scriptedServer(() => ({ framing: 'close', steps: ['a'] }))
    expect((await speak(server.url, GET + GET)).text.match(/HTTP/g)).toHaveLength(1)
    expect(server.requests).toHaveLength(1)
  })

  it('may name the whole URL, and say letters as bytes', async () => {
    await using server = await scriptedServer(() => [])
    await speak(
      server.url,
      'GET http://x.example/a?b HTTP/1.1\r\nlast-event-id:  \xc3\xa9\x01 \r\n\r\n',
      '0\r\n\r\n',
    )
    await speak(server.url, 'GET //a HTTP/1.1\r\n\r\n', '0\r\n\r\n')
    expect(server.requests.map(({ url, lastEventId }) => [url, lastEventId])).toEqual([
      ['http://x.example/a?b', 'Ã©\x01'],
      [`${server.url}//a`, null],
    ])
  })
})

describe('a server', () => {
  it('counts its connections, and breaks them all when it is disposed of', async () => {
    const server = await scriptedServer(() => [{ data: 1 }, stall()])
    // The agents of fetch open connections for later.
    const [first, second] = await Promise.all(
      [1, 2].map(() => new Promise<IncomingMessage>((resolve) => get(server.url, { agent: false }, resolve))),
    )
    expect([server.connections, server.exchanges.filter(({ isOpen }) => isOpen).length]).toEqual([2, 2])
    first?.destroy()
    expect(await Promise.race(server.exchanges.map(({ done }) => done))).toBe('released')
    expect([server.connections, server.exchanges.filter(({ isOpen }) => isOpen).length]).toEqual([1, 1])
    const broken = new Promise<Error | undefined>((resolve) => second?.once('error', resolve))
    await server[Symbol.asyncDispose]()
    expect(await broken).toMatchObject({ code: 'ECONNRESET' })
    expect([server.connections, await Promise.all(server.exchanges.map(({ done }) => done))]).toEqual([
      0,
      ['released', 'released'],
    ])
  })

  it('comes back at the same port', async () => {
    const port = await freePort()
    const first = await scriptedServer(() => [], { port })
    await first[Symbol.asyncDispose]()
    await expect(fetch(first.url)).rejects.toThrow()
    await using second = await scriptedServer(() => ['back'], { port })
    expect([second.url, await (await fetch(first.url)).text()]).toEqual([first.url, 'back'])
    await expect(scriptedServer([], { port })).rejects.toThrow(/EADDRINUSE/)
  })

  it('forgets what is over, when it shall', async () => {
    await using server = await scriptedServer(({ index }) => (index === 0 ? ['a'] : [stall()]))
    await (await fetch(server.url)).text()
    await fetch(server.url)
    expect(server.last.request.index).toBe(1)
    server.forget()
    expect(server.requests.map(({ index }) => index)).toEqual([1])
    expect((await server.next()).request.index).toBe(1)
  })
})
