import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Encoder } from './encoder.ts'

/** Encoding and streaming are one in Hono: what is timed is a whole response, read without a network. */
export const honoStreaming: Encoder = {
  name: 'hono streamSSE',
  async encode(events, sink) {
    const app = new Hono().get('/', (context) =>
      streamSSE(context, async (stream) => {
        for (const event of events) await stream.writeSSE(event)
      }),
    )
    const { body } = await app.request('/')
    if (body === null) throw new Error('Hono answered without a body.')
    const reader = body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      sink(value)
    }
  },
}
