import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Prepare } from '../harness/subject.ts'
import { ENCODERS } from './encoders/all-encoders.ts'
import type { Encoder, OutgoingEvent } from './encoders/encoder.ts'
import { eventsOfShape, SHAPES } from './outgoing-events.ts'

/** One encoder on one shape of events. */
export interface EncodingKey {
  readonly encoder: string
  readonly shape: string
  /** How many times a run encodes the same {@link DISTINCT_EVENTS} events. */
  readonly passes: number
}

/** So few that they stay in the processor's caches: what is timed is encoding, not memory. */
export const DISTINCT_EVENTS = 500

export const prepare: Prepare<EncodingKey> = async ({ encoder: name, shape: shapeName, passes }) => {
  const encoder = ENCODERS.find((encoder) => encoder.name === name)
  const shape = SHAPES.find((shape) => shape.name === shapeName)
  if (encoder === undefined || shape === undefined) throw new Error(`There is no ${name} or no ${shapeName}.`)
  const events = eventsOfShape(shape, DISTINCT_EVENTS)
  const text = await encodeAll(encoder, events)
  const fault = faultOf(text, events)
  if (fault !== undefined) return { fault }

  const expectedLength = Buffer.byteLength(text) * passes
  return {
    async run() {
      let length = 0
      for (let pass = 0; pass < passes; pass++) {
        await encoder.encode(events, (frame) => {
          length += frame.byteLength
        })
      }
      if (length !== expectedLength) throw new Error(`Encoded ${length} bytes instead of ${expectedLength}.`)
    },
  }
}

export async function encodeAll(encoder: Encoder, events: readonly OutgoingEvent[]): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  await encoder.encode(events, (frame) => {
    text += decoder.decode(frame, { stream: true })
  })
  return text
}

/** What a client would read wrongly in `text`, if anything. Read by a parser that none of the encoders comes with. */
export function faultOf(text: string, events: readonly OutgoingEvent[]): string | undefined {
  const read: EventSourceMessage[] = []
  createParser({ onEvent: (event) => read.push(event) }).feed(text)
  if (read.length !== events.length) return `${read.length} events instead of ${events.length}`
  const wrong = events.findIndex(({ id, event, data }, n) => {
    const found = read[n]
    return found?.id !== id || found?.event !== event || found?.data !== data
  })
  if (wrong === -1) return undefined
  return `${JSON.stringify(events[wrong]?.data)} is read back as ${JSON.stringify(read[wrong]?.data)}`
}
