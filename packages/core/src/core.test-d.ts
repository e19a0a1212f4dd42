/**
 * What must compile, and what must not. Nothing here runs: `tsc --noEmit` is the test, and an `@ts-expect-error` over a
 * line that compiles is an error itself.
 */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import {
  type Clock,
  createEventStreamParser,
  type DispatchedEvent,
  defineEvents,
  type EventInput,
  type EventMap,
  type EventName,
  type EventOutput,
  type EventSchemas,
  EventStreamEncoderStream,
  type EventStreamIterator,
  EventStreamParserStream,
  encodeEvent,
  encodeFrame,
  isSseError,
  jsonEvent,
  type LineEnding,
  onAbort,
  parseEventStream,
  type SchemaInput,
  type SchemaOutput,
  type ServerSentEvent,
  SseError,
  type StandardSchema,
  type TypedEvent,
  text,
  type,
} from './index.ts'

// Writing

expectTypeOf(encodeEvent).returns.toEqualTypeOf<string>()
expectTypeOf(encodeFrame).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>()
expectTypeOf(jsonEvent).returns.toEqualTypeOf<ServerSentEvent>()
encodeEvent({ comment: 'c', id: '1', event: 'e', data: { any: ['value'] }, retry: 0 }, { lineEnding: '\r' })
encodeEvent({ id: undefined, data: '' }, { lineEnding: undefined })
jsonEvent([1], { id: '1' })
// @ts-expect-error: an id is a string
encodeEvent({ data: '', id: 1 })
// @ts-expect-error: a type is a string
encodeEvent({ data: '', event: 1 })
// @ts-expect-error: a reconnection time is a number
encodeEvent({ retry: '1000' })
// @ts-expect-error: null is not absent
encodeEvent({ data: '', id: null })
// @ts-expect-error: a misspelt field
encodeEvent({ type: 'add', data: '' })
// @ts-expect-error: an event, not its data
encodeEvent('data')
// @ts-expect-error: none of the three line endings
encodeEvent({ data: '' }, { lineEnding: '\n\r' })
// @ts-expect-error: data is the first argument
jsonEvent(1, { data: 2 })
expectTypeOf<LineEnding>().toEqualTypeOf<'\n' | '\r\n' | '\r'>()

// Parsing

createEventStreamParser({ onEvent: (event) => expectTypeOf(event).toEqualTypeOf<DispatchedEvent>() })
createEventStreamParser({
  onEvent() {},
  onRetry: (ms) => expectTypeOf(ms).toBeNumber(),
  limits: { maxEventLength: 1 },
})
// @ts-expect-error: without a handler there is nothing to parse for
createEventStreamParser({})
// @ts-expect-error: a misspelt limit
createEventStreamParser({ onEvent() {}, limits: { maxEventBytes: 1 } })
const parser = createEventStreamParser({ onEvent() {} })
parser.feed('')
parser.feed(new Uint8Array())
parser.feed(Buffer.from(''))
// @ts-expect-error: neither bytes nor a string
parser.feed(new ArrayBuffer(1))
// @ts-expect-error: what was read cannot be moved
parser.lastEventId = '1'

declare const response: Response
declare const bytes: ReadableStream<Uint8Array>
declare const strings: ReadableStream<string>
declare const readable: Readable
declare const incoming: IncomingMessage
declare const buffers: AsyncIterable<Buffer>
for (const body of [response, bytes, strings, readable, incoming, buffers] as const) {
  expectTypeOf(parseEventStream(body)).toEqualTypeOf<EventStreamIterator>()
}
for await (const event of parseEventStream(response, { signal: AbortSignal.timeout(1), lastEventId: '1' })) {
  expectTypeOf(event).toEqualTypeOf<DispatchedEvent>()
  // @ts-expect-error: what was read does not change
  event.data = ''
  // @ts-expect-error: data is text, not JSON
  event.data.price
}
// @ts-expect-error: text is not a body
parseEventStream('data: x\n\n')
// @ts-expect-error: an array of chunks is not an async iterable
parseEventStream([new Uint8Array()])
// @ts-expect-error: a stream of numbers
parseEventStream(new ReadableStream<number>())
// @ts-expect-error: events come from the iteration
parseEventStream(response, { onEvent() {} })

expectTypeOf(bytes.pipeThrough(new EventStreamParserStream())).toEqualTypeOf<
  ReadableStream<DispatchedEvent>
>()
expectTypeOf(strings.pipeThrough(new EventStreamParserStream())).toEqualTypeOf<
  ReadableStream<DispatchedEvent>
>()
response.body?.pipeThrough(new EventStreamParserStream({ lastEventId: '1' }))
declare const events: ReadableStream<ServerSentEvent>
new Response(events.pipeThrough(new EventStreamEncoderStream({ lineEnding: '\r\n' })))
// @ts-expect-error: events come out of the stream
new EventStreamParserStream({ onEvent() {} })
// @ts-expect-error: strings are no events
strings.pipeThrough(new EventStreamEncoderStream())

// Typed events

const contract = defineEvents({
  price: z.object({ symbol: z.string(), value: z.number() }),
  at: z.string().transform((value) => new Date(value)),
  count: v.pipe(v.string(), v.transform(Number)),
  tick: type<{ at: number }>(),
  token: text(),
})
type Schemas = typeof contract extends EventMap<infer Found> ? Found : never

expectTypeOf<EventName<Schemas>>().toEqualTypeOf<'price' | 'at' | 'count' | 'tick' | 'token'>()
expectTypeOf<EventInput<Schemas, 'at'>>().toEqualTypeOf<string>()
expectTypeOf<EventOutput<Schemas, 'at'>>().toEqualTypeOf<Date>()
expectTypeOf<EventInput<Schemas, 'count'>>().toEqualTypeOf<string>()
expectTypeOf<EventOutput<Schemas, 'count'>>().toEqualTypeOf<number>()
expectTypeOf<EventOutput<Schemas, 'tick'>>().toEqualTypeOf<{ at: number }>()
expectTypeOf<EventOutput<Schemas, 'token'>>().toEqualTypeOf<string>()
expectTypeOf<SchemaInput<StandardSchema<1, 2>>>().toEqualTypeOf<1>()
expectTypeOf<SchemaOutput<StandardSchema<1, 2>>>().toEqualTypeOf<2>()

expectTypeOf(contract.create('price', { symbol: 'A', value: 1 })).toEqualTypeOf<ServerSentEvent>()
contract.create('at', '2026-01-01', { id: '1', retry: 1, comment: 'c' })
// @ts-expect-error: no such event
contract.create('volume', 1)
// @ts-expect-error: a payload of the wrong type
contract.create('price', { symbol: 'A', value: '1' })
// @ts-expect-error: a payload with a field missing
contract.create('price', { symbol: 'A' })
// @ts-expect-error: the payload of another event
contract.create('tick', { symbol: 'A', value: 1 })
// @ts-expect-error: what a writer passes is the input of the schema, not its output
contract.create('at', new Date())
// @ts-expect-error: text is a string
contract.create('token', 1)
// @ts-expect-error: the payload is missing
contract.create('token')
// @ts-expect-error: the id of an event is a string
contract.create('token', 'x', { id: 1 })
// @ts-expect-error: the name is the type
contract.create('token', 'x', { event: 'other' })

const parsed = contract.parse({ type: 'price', data: '', lastEventId: '' })
expectTypeOf(parsed).toEqualTypeOf<TypedEvent<Schemas>>()
if (parsed.type === 'price') {
  expectTypeOf(parsed.data).toEqualTypeOf<{ symbol: string; value: number }>()
  // @ts-expect-error: a field that the schema does not have
  parsed.data.volume
}
if (parsed.type === 'at') expectTypeOf(parsed.data).toEqualTypeOf<Date>()
// @ts-expect-error: before the type is known, so is nothing of the data
parsed.data.symbol
// @ts-expect-error: no such event
if (parsed.type === 'volume') parsed.type

/** How a typed source listens: written here as its users will write it. */
declare function on<Name extends EventName<Schemas>>(
  name: Name,
  listener: (data: EventOutput<Schemas, Name>) => void,
): void
on('price', ({ value }) => expectTypeOf(value).toBeNumber())
on('at', (at) => expectTypeOf(at).toEqualTypeOf<Date>())
// @ts-expect-error: a listener for what the schema takes, not for what it gives
on('at', (at: string) => at)
// @ts-expect-error: a listener that misuses its payload
on('tick', (tick) => tick.at.toUpperCase())
// @ts-expect-error: no such event
on('volume', () => {})

// @ts-expect-error: a type is no schema: it must be called
defineEvents({ price: type })
// @ts-expect-error: an object that is no schema
defineEvents({ price: { type: 'number' } })
defineEvents({}) satisfies EventMap<EventSchemas>

// Errors, time, aborts

declare const thrown: unknown
if (isSseError(thrown)) expectTypeOf(thrown.path).toEqualTypeOf<string | undefined>()
if (isSseError(thrown, 'not-json')) expectTypeOf(thrown.code).toEqualTypeOf<'not-json'>()
// @ts-expect-error: not narrowed, not known
thrown.code
new SseError('not-json', 'message', { field: 'data' })
expectTypeOf(new SseError('my-code', '')).toEqualTypeOf<SseError<'my-code'>>()
// @ts-expect-error: a code does not change
new SseError('not-json', '').code = 'not-json'
expectTypeOf(onAbort).returns.toEqualTypeOf<() => void>()
onAbort(undefined, () => {})
const clock: Clock = { now: () => 0, wallTime: () => 0, schedule: () => () => {}, nextTurn() {} }
// @ts-expect-error: a schedule that cannot be cancelled
const immortal: Clock = { ...clock, schedule: () => undefined }
void immortal
