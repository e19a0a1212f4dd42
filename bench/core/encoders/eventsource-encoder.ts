import { encode } from 'eventsource-encoder'
import type { Encoder } from './encoder.ts'

// It ends at text. Both ways to bytes are timed, and the faster one counts as the peer.

export const eventsourceEncoderBuffer: Encoder = {
  name: 'eventsource-encoder + Buffer.from',
  encode(events, sink) {
    for (const event of events) sink(Buffer.from(encode(event)))
  },
}

const textEncoder = new TextEncoder()

export const eventsourceEncoderTextEncoder: Encoder = {
  name: 'eventsource-encoder + TextEncoder',
  encode(events, sink) {
    for (const event of events) sink(textEncoder.encode(encode(event)))
  },
}
