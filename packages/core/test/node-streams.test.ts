import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { EVENT_STREAM_HEADERS, encodeFrame, parseEventStream } from '../src/index.ts'
import { collect } from './feeds.ts'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function request(url: string): Promise<IncomingMessage> {
  const [message] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage]
  return message
}

describe('a Node Readable', () => {
  it('is read as bytes and as strings', async () => {
    const bytes = Readable.from([
      Buffer.from('data: \u00e9\n').subarray(0, 7),
      Buffer.from('data: é\n\n').subarray(7),
    ])
    expect(await collect(parseEventStream(bytes))).toMatchObject([{ data: 'é' }])
    const strings = new PassThrough({ encoding: 'utf8' })
    strings.end(Buffer.from('data: é\n\n'))
    expect(await collect(parseEventStream(strings))).toMatchObject([{ data: 'é' }])
  })

  it('fails the iteration with its own error, after the events before it', async () => {
    const events = parseEventStream(createReadStream('/does/not/exist'))
    await expect(events.next()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is destroyed when the iteration is left', async () => {
    const body = new PassThrough()
    body.write('data: a\n\ndata: b\n\n')
    for await (const _ of parseEventStream(body)) break
    expect(body.destroyed).toBe(true)
  })

  it('is destroyed by an abort although no chunk comes', async () => {
    const body = new PassThrough()
    const controller = new AbortController()
    const pending = parseEventStream(body, { signal: controller.signal }).next()
    controller.abort('stop')
    await expect(pending).rejects.toBe('stop')
    expect(body.destroyed).toBe(true)
  })

  it('is destroyed by return() although a next is pending', async () => {
    const body = new PassThrough()
    const events = parseEventStream(body)
    const pending = events.next()
    await events.return()
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(body.destroyed).toBe(true)
  })
})

describe('an IncomingMessage, over a socket', () => {
  it('is read event by event, as they are sent', async () => {
    let send = (_data: string): void => {}
    const url = await serve((_, response) => {
      response.writeHead(200, EVENT_STREAM_HEADERS).flushHeaders()
      send = (data) => response.write(encodeFrame({ data, id: data }))
    })
    const events = parseEventStream(await request(url))
    for (const data of ['é', '€', '😀']) {
      const next = events.next()
      send(data)
      expect(await next).toEqual({ done: false, value: { type: 'message', data, lastEventId: data } })
    }
    await events.return()
  })

  it('closes its connection when the iteration is aborted while no chunk comes', async () => {
    const closed = Promise.withResolvers<void>()
    const url = await serve((_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, EVENT_STREAM_HEADERS).flushHeaders()
    })
    const controller = new AbortController()
    const pending = parseEventStream(await request(url), { signal: controller.signal }).next()
    controller.abort('stop')
    await expect(pending).rejects.toBe('stop')
    await closed.promise
  })

  it('closes its connection when the loop is left', async () => {
    const closed = Promise.withResolvers<void>()
    const url = await serve((_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, EVENT_STREAM_HEADERS).write('data: a\n\ndata: b\n\n')
    })
    for await (const { data } of parseEventStream(await request(url))) {
      expect(data).toBe('a')
      break
    }
    await closed.promise
  })

  it('tells of a connection that breaks, after the events before it, once', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, EVENT_STREAM_HEADERS)
      response.write('data: a\n\ndata: unfinished', () => response.destroy())
    })
    const events = parseEventStream(await request(url))
    expect(await events.next()).toMatchObject({ value: { data: 'a' } })
    await expect(events.next()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })
})

describe('the response of fetch, over a socket', () => {
  it('is read to its end', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, EVENT_STREAM_HEADERS)
      for (let id = 0; id < 1000; id++) response.write(encodeFrame({ id: String(id), data: { id } }))
      response.end('data: unfinished')
    })
    const events = await collect(parseEventStream(await fetch(url)))
    expect(events.map(({ lastEventId }) => lastEventId)).toEqual(
      Array.from({ length: 1000 }, (_, id) => String(id)),
    )
  })

  it('closes its connection when the loop is left', async () => {
    const closed = Promise.withResolvers<void>()
    const url = await serve((_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, EVENT_STREAM_HEADERS).write('data: a\n\n')
    })
    for await (const _ of parseEventStream(await fetch(url))) break
    await closed.promise
  })
})
