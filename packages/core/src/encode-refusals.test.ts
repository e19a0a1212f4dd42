import { describe, expect, it } from 'vitest'
import { REFUSED_EVENTS } from '../test/refused-events.ts'
import { type EncodeOptions, encodeEvent } from './encode.ts'
import { type CoreErrorCode, SseError } from './errors.ts'
import { encodeFrame } from './frame.ts'
import type { ServerSentEvent } from './server-sent-event.ts'

/** Every code that {@link encodeEvent} documents. */
const ENCODER_CODES: readonly CoreErrorCode[] = [
  'empty-event',
  'unknown-field',
  'not-a-string',
  'line-break-in-field',
  'null-in-field',
  'ill-formed-text',
  'event-without-data',
  'invalid-retry',
  'not-json',
  'invalid-line-ending',
]

describe.each(REFUSED_EVENTS)('encodeEvent, given $what,', ({ event, options, code, field, says }) => {
  const encoders = { encodeEvent, encodeFrame }

  it.each(Object.entries(encoders))(`refuses it with ${code} (%s)`, (_, encode) => {
    const error = thrownBy(() => encode(event as ServerSentEvent, options as EncodeOptions))
    expect(error).toBeInstanceOf(SseError)
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) })
    expect((error as SseError).field).toBe(field)
  })
})

it('has a refusal for every code of the encoder', () => {
  expect([...new Set(REFUSED_EVENTS.map(({ code }) => code))]).toEqual(ENCODER_CODES)
})

it('refuses a field that is inherited and unknown', () => {
  const event: ServerSentEvent = Object.assign(Object.create({ evnt: 'x' }), { data: 'x' })
  expect(() => encodeEvent(event)).toThrow(expect.objectContaining({ code: 'unknown-field', field: 'evnt' }))
})

it('never puts more than 40 characters of a value into a message', () => {
  const event = { retry: 'y'.repeat(1000) } as unknown as ServerSentEvent
  expect(() => encodeEvent(event)).toThrow(`the string "${'y'.repeat(40)}".`)
})

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}
