import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceResponse } from '@sse/server'

createServer((req, res) =>
  new EventSourceResponse(
    async function* ({ signal }) {
      try {
        for (let percent = 0; percent <= 100; percent += 10) {
          yield { event: 'progress', data: { percent } }
          await sleep(100, undefined, { signal })
        }
      } finally {
        console.log('the client has all of it, or left')
      }
    },
    { sendTimeoutMs: 10_000, onClose: (end) => console.log(end.reason, end.events) },
  ).send(req, res),
).listen(3000)
