// 05 · Memory channels: producers that run on their own, and a buffer between them and the stream.
//
// `createMemoryChannel(capacity)` is a bounded pipe inside the process. `await send()` waits while it is full, so a fast
// producer is held back to the pace of the client: that is backpressure. When all senders are closed, the stream ends.
import { setTimeout as sleep } from 'node:timers/promises'
import { createMemoryChannel, type MemorySender, type ServerSentEvent } from '@sse/core'
import { EventSourceResponse } from '@sse/server'
import express from 'express'
import { start } from '../start.ts'

const app = express()
const EVERY_MS = Number(process.env['EVERY_MS'] ?? 500)

// One producer, run beside the stream. If it throws, the stream ends with that error.
app.get('/single', (req, res) => {
  const [sender, receiver] = createMemoryChannel<ServerSentEvent>(10)
  void new EventSourceResponse(receiver, {
    dataSender: ({ signal }) => produce('only', 5, sender, signal),
  }).send(req, res)
})

// Three producers and one stream: each has a clone of the sender, and the stream ends when the last one has closed its own.
app.get('/merged', (req, res) => {
  const [sender, receiver] = createMemoryChannel<ServerSentEvent>(10)
  void new EventSourceResponse(receiver, {
    dataSender: async ({ signal }) => {
      const producers = ['cpu', 'disk', 'net'].map((name) => produce(name, 3, sender.clone(), signal))
      sender.close()
      await Promise.all(producers)
    },
  }).send(req, res)
})

// Two places, and a producer in a hurry: it waits in `send` for whoever reads, so it is never far ahead.
app.get('/backpressure', (req, res) => {
  const [sender, receiver] = createMemoryChannel<ServerSentEvent>(2)
  void new EventSourceResponse(
    async function* ({ signal }) {
      for await (const event of receiver) {
        yield event
        await sleep(EVERY_MS, undefined, { signal }) // a reader that takes its time
      }
    },
    {
      dataSender: async ({ signal }) => {
        await using closing = sender
        for (let number = 1; number <= 6; number++) {
          const { bufferUsed, capacity } = closing.statistics()
          await closing.send(
            {
              event: 'item',
              data: { number, buffered: bufferUsed, full: bufferUsed === capacity },
            },
            { signal },
          )
        }
      },
    },
  ).send(req, res)
})

start(app, 'curl -N $URL/single', 'curl -N $URL/merged', 'curl -N $URL/backpressure')

/** Sends what a real producer would measure, read or compute, and closes its end. */
async function produce(
  name: string,
  count: number,
  sender: MemorySender<ServerSentEvent>,
  signal: AbortSignal,
): Promise<void> {
  await using closing = sender
  for (let reading = 1; reading <= count; reading++) {
    await closing.send({ event: name, data: { reading } }, { signal })
    await sleep(EVERY_MS, undefined, { signal })
  }
}
