import { encodeFrame } from '@sse/core'
import type { Encoder } from './encoder.ts'

export const sseCore: Encoder = {
  name: '@sse/core encodeFrame',
  encode(events, sink) {
    for (const event of events) sink(encodeFrame(event))
  },
}
