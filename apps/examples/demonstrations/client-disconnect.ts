// A client leaves: its generator is stopped in the middle of what it awaits, and its `finally` runs.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseEventStream } from '@sse/core'
import { EventSourceResponse } from '@sse/server'

const server = createServer((req, res) => {
  void new EventSourceResponse(
    async function* ({ signal }) {
      const startedAt = performance.now()
      try {
        yield { data: 'first row' }
        console.log('server: the next row takes an hour')
        await sleep(3_600_000, undefined, { signal })
        yield { data: 'second row' }
      } finally {
        console.log(
          `server: cursor closed, ${Math.round(performance.now() - startedAt)} ms after it was opened`,
        )
      }
    },
    { onClose: ({ reason, events }) => console.log(`server: ${reason}, after ${events} event`) },
  )
    .send(req, res)
    .then(() => server.close())
}).listen(0)
await once(server, 'listening')

const leaving = new AbortController()
const response = await fetch(`http://localhost:${(server.address() as AddressInfo).port}`, leaving)
for await (const { data } of parseEventStream(response)) {
  console.log(`client: read "${data}", and leaves`)
  break
}
