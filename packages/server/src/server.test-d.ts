/** Checked by `check-types`: what must compile compiles, and what must not does not. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createMemoryChannel, defineEvents, type ServerSentEvent, text, type } from '@sse/core'
import type { Redis } from 'ioredis'
import type { createClient } from 'redis'
import { z } from 'zod'
import { redisBroker } from './broker/redis/index.ts'
import {
  type Broker,
  Channel,
  ChannelRegistry,
  ConnectionLimiter,
  EventSourceResponse,
  type Gap,
  type MemoryBroker,
  type StreamContext,
  type StreamEnd,
} from './index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_equal: Equal<A, B>): void {}

declare const request: IncomingMessage
declare const response: ServerResponse

const events = defineEvents({
  price: z.object({ symbol: z.string(), at: z.string().transform((iso) => new Date(iso)) }),
  tick: type<{ at: number }>(),
  log: text(),
})

export function typedChannels(): void {
  const channel = new Channel(events)
  // What a writer passes is the input of the schema.
  same<string, ReturnType<typeof channel.publish>>(true)
  channel.publish('price', { symbol: 'X', at: '2026-01-01' })
  channel.publish('tick', { at: 1 }, { id: 'mine' })
  channel.publish('log', 'line')
  // @ts-expect-error: there is no such event.
  channel.publish('prize', { symbol: 'X', at: '' })
  // @ts-expect-error: the output of the schema is not its input.
  channel.publish('price', { symbol: 'X', at: new Date() })
  // @ts-expect-error: a member is missing.
  channel.publish('price', { symbol: 'X' })
  // @ts-expect-error: text is not JSON.
  channel.publish('log', { line: 1 })
  // @ts-expect-error: the payload of another event.
  channel.publish('tick', 'line')
  // @ts-expect-error: an event of a map has data.
  channel.publish('tick')
  // @ts-expect-error: ids are strings.
  channel.publish('tick', { at: 1 }, { id: 7 })
}

export function untypedChannels(): void {
  const channel = new Channel()
  channel.publish('anything', { at: all() })
  channel.publish('anything', 'text')
  // @ts-expect-error: names are strings.
  channel.publish(1, 'text')
  new Channel(undefined, { retention: { events: 1, bytes: Number.POSITIVE_INFINITY, ageMs: 1 } })
  // @ts-expect-error: a misspelt bound.
  new Channel(undefined, { retention: { event: 1 } })
  // @ts-expect-error: there is no such start.
  channel.subscription({ start: 'latest' })
}

export async function brokeredChannels(broker: MemoryBroker, perhaps: Broker | undefined): Promise<void> {
  const shared = new Channel(events, { broker })
  same<Promise<string>, ReturnType<typeof shared.publish>>(true)
  same<string, Awaited<ReturnType<typeof shared.publish>>>(true)
  // The same code with and without: it must be awaited.
  const either = new Channel(events, { broker: perhaps })
  const id = await either.publish('log', 'line', { dedupeKey: 'row 7', topics: ['a'] })
  same<string, typeof id>(true)
  // @ts-expect-error: it may be a promise.
  either.publish('log', 'line').length
  same<string, ReturnType<Channel<typeof events.schemas>['publish']>>(true)
  // @ts-expect-error: what it publishes is not published at once.
  const embedded: Channel<typeof events.schemas> = shared
  // @ts-expect-error: a promise of a broker is none.
  new Channel(events, { broker: Promise.resolve(broker) })
  const registry = new ChannelRegistry((name) => new Channel(events, { name, broker }))
  same<Promise<string>, ReturnType<ReturnType<typeof registry.get>['publish']>>(true)
  new EventSourceResponse(shared)
  void embedded
}

export function redisClients(node: ReturnType<typeof createClient>, io: Redis): void {
  redisBroker(node, { key: 'k' })
  redisBroker(io, { key: 'k', maxLength: 1, maxAgeMs: 1 })
  // @ts-expect-error: it needs a key.
  redisBroker(io, {})
  // @ts-expect-error: an address is no client.
  redisBroker('redis://localhost', { key: 'k' })
}

export function selections(): void {
  const channel = new Channel(events, {
    compactBy: (event) => {
      if (event.name === 'tick') same<typeof event.data, { at: number }>(true)
      return event.name === 'price' ? event.data.symbol : event.name
    },
  })
  // @ts-expect-error: a key is a string.
  new Channel(events, { compactBy: () => 1 })
  channel.publish('log', 'line', { topics: ['a'] })
  // @ts-expect-error: topics are an array.
  channel.publish('log', 'line', { topics: 'a' })
  channel.subscription({ start: 'snapshot', topics: ['a'], filter: ({ data }) => data.startsWith('x') })
  // @ts-expect-error: a promise is always true.
  channel.subscription({ filter: async () => false })
  channel.subscription({ lagPolicy: async (gap) => [{ data: gap }] })
  // @ts-expect-error: there is no such policy.
  channel.subscription({ lagPolicy: 'drop' })
}

export function registriesAndLimiters(): void {
  const registry = new ChannelRegistry((name) => new Channel(events, { name }), { max: 1 })
  registry.get('a').publish('log', 'line')
  // @ts-expect-error: the channels of a registry know their events.
  registry.get('a').publish('nope', 'line')
  // @ts-expect-error: a registry makes channels.
  new ChannelRegistry(() => 1)
  const limiter = new ConnectionLimiter<IncomingMessage>({ key: ({ url }) => url })
  new EventSourceResponse([], { limiter })
  // @ts-expect-error: a key is a string.
  new ConnectionLimiter({ key: () => 1 })
}

declare function all(): unknown

export function content(): void {
  const [, receiver] = createMemoryChannel<ServerSentEvent>(1)
  new EventSourceResponse(['text', { data: 1 }, new Uint8Array()])
  new EventSourceResponse(receiver)
  new EventSourceResponse(new ReadableStream<string>())
  new EventSourceResponse(new Channel(events))
  new EventSourceResponse(new Channel(events).subscription({ start: 'earliest' }))
  new EventSourceResponse(() => new Channel())
  new EventSourceResponse(async () => [])
  // @ts-expect-error: a number is no item.
  new EventSourceResponse([1])
  // @ts-expect-error: an object is no content.
  new EventSourceResponse({ data: 1 })
  // @ts-expect-error: nothing is no content.
  new EventSourceResponse(() => {})
}

export function contexts(): void {
  new EventSourceResponse((ctx) => {
    same<typeof ctx, StreamContext<IncomingMessage>>(true)
    same<typeof ctx.request, IncomingMessage>(true)
    same<typeof ctx.lastEventId, string>(true)
    same<typeof ctx.signal, AbortSignal>(true)
    same<ReturnType<typeof ctx.send>, Promise<void>>(true)
    // @ts-expect-error: a string is an item, not an event.
    void ctx.send('text')
    return []
  })
  new EventSourceResponse(async function* ({ request: { url } }) {
    yield `${url}`
  })
  const sent = new EventSourceResponse([], {
    onError: (error, ctx) => {
      same<typeof error, unknown>(true)
      same<typeof ctx.request, IncomingMessage>(true)
      return { data: 'sorry' }
    },
    onClose: async (end) => same<typeof end, StreamEnd>(true),
  }).send(request, response)
  same<typeof sent, Promise<StreamEnd>>(true)
}

export function options(): void {
  new EventSourceResponse([], { onError: (error) => void error, pingMessage: () => ({ comment: 'x' }) })
  new EventSourceResponse([], { pingIntervalMs: false, sendTimeoutMs: false, lineEnding: '\r\n' })
  // @ts-expect-error: a promise would come too late for the client, and its rejection would go to nobody.
  new EventSourceResponse([], { onError: async () => ({ data: 'sorry' }) })
  // @ts-expect-error: a promise is no event.
  new EventSourceResponse([], { pingMessage: async () => ({ comment: 'x' }) })
  // @ts-expect-error: there are three line endings.
  new EventSourceResponse([], { lineEnding: '\n\r' })
  // @ts-expect-error: true is no interval.
  new EventSourceResponse([], { pingIntervalMs: true })
  // @ts-expect-error: a misspelt option.
  new EventSourceResponse([], { pingInterval: 5 })
}

export function gaps(gap: Gap): void {
  same<Gap['reason'], 'evicted' | 'restarted' | 'unknown-id' | 'lagged'>(true)
  same<typeof gap.missed, number | null>(true)
}

export function ends(end: StreamEnd): void {
  same<
    StreamEnd['reason'],
    | 'complete'
    | 'client-disconnect'
    | 'send-timeout'
    | 'shutdown'
    | 'max-duration'
    | 'lagged'
    | 'error'
    | 'refused'
  >(true)
  // @ts-expect-error: how a stream ended does not change.
  end.events = 1
}
