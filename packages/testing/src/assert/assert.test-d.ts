/** Checked by `check-types`: what must compile compiles, and what must not does not. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { defineEvents, type EventSchemas, type Gap, text, type } from '@sse/core'
import { expect, expectTypeOf } from 'vitest'
import { assertEvents, type RecordedEvent, type Recording, record } from '../index.ts'
import { expect as jestExpect } from './jest.ts'
import './vitest.ts'

const events = defineEvents({ price: type<{ value: number }>(), token: text() })

export async function untyped(stream: Recording): Promise<void> {
  expectTypeOf(await stream.next()).toEqualTypeOf<RecordedEvent>()
  expectTypeOf(await stream.take('any', 2)).toEqualTypeOf<RecordedEvent[]>()
  await stream.until({ data: '[DONE]' })
  await stream.until((event) => event.data === '[DONE]')
  await expect(stream).toEmitEvent({ type: 'any', data: [1], id: expect.any(String) })
  await expect(stream).toEmitEvent({ data: (data) => data !== null })
  await expect(stream).toEmitEvent({ data: (data: { value: number }) => data.value > 1 })
  await jestExpect(stream).not.toEmitEvent({ type: 'any' })
  assertEvents([{ type: 'message', data: '' }], [{ data: '' }])
  // @ts-expect-error: a misspelt field.
  await expect(stream).toEmitEvent({ tpye: 'any' })
  // @ts-expect-error: no reason to end.
  await expect(stream).toEndWith('done')
  // @ts-expect-error: an id is a string.
  await jestExpect(stream).toResumeAfter(1)
}

export async function typed(): Promise<void> {
  await using stream = await record('http://localhost', { events })
  expectTypeOf((await stream.take('price')).data).toEqualTypeOf<{ value: number }>()
  expectTypeOf((await stream.take('gap')).data).toEqualTypeOf<Gap>()
  expectTypeOf((await stream.take('token', 2)).map(({ data }) => data)).toEqualTypeOf<string[]>()
  const event = await stream.next()
  if (event.type === 'price') expectTypeOf(event.data).toEqualTypeOf<{ value: number }>()
  await stream.until((last) => last.type === 'price' && last.data.value > 1)
  await expect(stream).toEmitEvent({ type: 'price', data: { value: expect.any(Number) } })
  await jestExpect(stream).toEmitEventsInOrder([
    { type: 'price', data: ({ value }) => value > 1 },
    { type: 'token', data: 'x' },
  ])
  assertEvents(stream, [{ type: 'price', data: { value: 1 } }])
  await forAll(stream)
  // @ts-expect-error: the map has no such type.
  await stream.take('prize')
  // @ts-expect-error: a price has a number.
  await stream.until({ type: 'price', data: { value: 'x' } })
  // @ts-expect-error: a price has a number.
  await expect(stream).toEmitEvent({ type: 'price', data: { value: 'x' } })
  // @ts-expect-error: the map has no such type.
  await jestExpect(stream).toEmitEvent({ type: 'prize' })
  // @ts-expect-error: the map has no such type.
  assertEvents(stream, [{ type: 'prize' }])
}

/** Whoever writes a helper for all recordings need not know their maps. */
async function forAll<Schemas extends EventSchemas>(stream: Recording<Schemas>): Promise<void> {
  await expect(stream).toEndWith('complete')
  expectTypeOf((await stream.ended()).atMs).toEqualTypeOf<number>()
}

export async function sources(): Promise<void> {
  await record((request) => {
    expectTypeOf(request).toEqualTypeOf<Request>()
    return new Response()
  })
  // A function with two parameters is told apart when it runs; its types come from `createServer`, or are written down.
  await record(
    createServer((request, response) => {
      response.end(request.url)
    }),
  )
  await record((_request: IncomingMessage, response: ServerResponse) => response.end())
  await record(fetch('http://localhost'))
  // @ts-expect-error: no source.
  await record(1)
}
