import { defineEvents, parseEventStream, type } from '@sse/core'
import { setupWorker } from 'msw/browser'
import { eventStream } from '../../src/msw/index.ts'
import { cut, stall } from '../../src/script/step.ts'

declare const location: { readonly search: string }

// What runs in the page: handlers in the real worker of msw, read by the page's own EventSource and fetch.
const worker = setupWorker()

interface Seen {
  readonly events: readonly string[]
  readonly asked: readonly (string | null)[]
}

/** The browser's EventSource reads, is cut off, and comes back. */
async function follow(lineEnding: '\n' | '\r\n' | '\r'): Promise<Seen> {
  const asked: (string | null)[] = []
  const prices = eventStream(
    '/prices',
    ({ lastEventId, index }) => {
      asked.push(lastEventId)
      const steps =
        index === 0
          ? [{ retry: 1 }, { id: '1', event: 'price', data: { value: 1 } }, cut()]
          : [{ id: '2', event: 'price', data: { value: 2 } }, stall()]
      return { lineEnding, steps }
    },
    { method: 'GET' },
  )
  worker.use(prices)
  const events: string[] = []
  const source = new EventSource('/prices')
  await new Promise<void>((resolve) => {
    source.addEventListener('price', (event) => {
      const { data, lastEventId } = event as MessageEvent
      events.push(`${lastEventId} ${data}`)
      if (events.length === 2) resolve()
    })
  })
  source.close()
  // The worker tells the page's handler that nobody reads any more.
  await prices.exchanges[1]?.done
  return { events, asked }
}

/** A POST by fetch, driven by hand, of typed events; the reader leaves in the middle. */
async function converse(): Promise<{ events: string[]; end: string | undefined; body: string | undefined }> {
  const events = defineEvents({ token: type<string>() })
  const answers = eventStream('/answers', undefined, { method: 'POST', events })
  worker.use(answers)
  const response = fetch('/answers', { method: 'POST', body: 'Why?' })
  const exchange = await answers.next()
  exchange.send({ type: 'token', data: 'Be' })
  const read: string[] = []
  for await (const { data } of parseEventStream(await response)) {
    read.push(data)
    if (read.length === 2) break
    exchange.send({ type: 'token', data: 'cause' })
  }
  return { events: read, end: await exchange.done, body: await exchange.request.body }
}

/** Bytes come one by one, and a cut breaks what a fetch reads; unless it asks as an EventSource does. */
async function cutOff(init?: RequestInit): Promise<{ pieces: string[]; how: string }> {
  const prices = eventStream('/prices')
  worker.use(prices)
  const response = fetch('/prices', init)
  const exchange = await prices.next()
  const pieces: string[] = []
  exchange.send('data: a')
  const reader = (await response).body?.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (;;) {
      const read = await reader?.read()
      if (read?.value === undefined) return { pieces, how: 'ended' }
      pieces.push(read.value)
      if (pieces.length === 1) exchange.send('\n\n')
      else prices.cut()
    }
  } catch (error) {
    return { pieces, how: (error as Error).name }
  }
}

/** An answer that comes when its client has left. */
async function leaveEarly(): Promise<{ failed: string; end: string | undefined }> {
  const prices = eventStream('/prices')
  worker.use(prices)
  const leaving = new AbortController()
  const response = fetch('/prices', { signal: leaving.signal })
  const exchange = await prices.next()
  leaving.abort()
  const failed = await response.then(String, (error: Error) => error.name)
  exchange.send({ data: 1 })
  return { failed, end: await exchange.done }
}

/** As clients that are no EventSource do it. */
async function resume(): Promise<string | null | undefined> {
  const prices = eventStream('/prices', [[{ data: 1 }]])
  worker.use(prices)
  await (await fetch('/prices', { headers: { 'last-event-id': '7' } })).text()
  return prices.exchanges[0]?.lastEventId
}

/** What a page sees of an error, and of a network that fails. */
async function fail(): Promise<{ status: number; failed: string }> {
  worker.use(
    eventStream('/down', [{ status: 503 }, { networkError: true }]),
    eventStream('/over', [{ status: 204 }]),
  )
  await fetch('/over')
  const { status } = await fetch('/down')
  const failed = await fetch('/down').then(String, (error: Error) => error.name)
  return { status, failed }
}

Object.assign(globalThis, {
  ready: worker.start({ quiet: location.search === '?quiet' }),
  follow,
  converse,
  cutOff,
  leaveEarly,
  resume,
  fail,
  reset: () => worker.resetHandlers(),
})
