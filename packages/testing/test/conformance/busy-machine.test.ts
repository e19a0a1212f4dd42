/** A process that was kept from its work finds its timers due before the bytes that came meanwhile. Nobody is judged by that. */
import { expect, it } from 'vitest'
import { CaseServer } from '../../src/conformance/client/case-server.ts'
import { conformClient, conformServer } from '../../src/conformance/index.ts'
import { RawExchange } from '../../src/conformance/server/raw-exchange.ts'
import { openStream, serve } from '../load/http-server.ts'
import { faultyEventSource } from './faulty-event-source.ts'
import { StreamApp } from './stream-app.ts'

/** Nothing else in this process goes on. */
function keepBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

it('what a server sent in time has come in time', async () => {
  const write = Promise.withResolvers<() => void>()
  await using server = await serve((_, response) => {
    openStream(response)
    write.resolve(() => response.write('data: 1\n\n'))
  })
  using exchange = new RawExchange({ method: 'GET', url: new URL(server.url), headers: {} })
  await exchange.awaitHead(60_000)
  const send = await write.promise
  const coming = exchange.until(() => exchange.arrivals.length > 0, 10)
  send()
  keepBusy(30)
  expect(await coming).toBe(true)
})

it('what a client does too much is seen', async () => {
  class Zombie extends faultyEventSource('no-close') {
    override close(): void {
      setImmediate(keepBusy, 60)
    }
  }
  const { results } = await conformClient(Zombie, {
    initWithClock: (clock: object) => ({ clock }),
    only: ['nothing-after-close'],
  })
  expect(results).toMatchObject([{ outcome: 'failed', found: expect.stringContaining('message b') }])
})

it('a connection that a client has closed counts as long as the server has not seen it', async () => {
  await using server = await CaseServer.start({ body: 'data: 1\n\n' })
  const leaving = new AbortController()
  await fetch(server.places.origin, { signal: leaving.signal })
  expect(await server.connections(1, 0)).toBe(1)
  leaving.abort()
  expect(await server.connections(0, 60_000)).toBe(0)
})

it('an event that came last has the time to be finished', async () => {
  const app = new StreamApp({
    encode: ({ id, data }) => `\nid: ${id}\ndata: ${data}\n`,
    deliver(text, clients) {
      setTimeout(() => {
        for (const client of clients) client.write(text)
      }, 100)
    },
  })
  const { results } = await conformServer(app.handler, {
    observeMs: 1,
    trigger: app.publish,
    only: ['blank-line-at-once'],
  })
  expect(results).toMatchObject([{ outcome: 'failed' }])
})
