// 07 · Cooperative shutdown: on SIGTERM every stream says goodbye, and the process ends by itself.
//
// Press Ctrl-C while a curl is open. New streams get a 503 with Retry-After; open ones are told through `shutdown`, may go on
// for `shutdownGraceMs`, and are given a reconnection time of their own, so that they do not all come back at once.
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceResponse } from '@sse/server'
import { start } from '../start.ts'

// `start` has called createShutdown(server): see start.ts.
const server = start((req, res) => {
  void new EventSourceResponse(
    async function* ({ shutdown, signal }) {
      for (let step = 1; !shutdown.aborted; step++) {
        yield { event: 'step', id: String(step), data: { step } }
        // Either of them ends the pause: the server that wants to stop, or the client that has left.
        await sleep(1_000, undefined, { signal: AbortSignal.any([shutdown, signal]) }).catch(() => {})
        if (signal.aborted) return
      }
      yield {
        event: 'goodbye',
        data: { message: 'This server is being replaced. You will be back in a moment.' },
      }
    },
    { shutdownGraceMs: 2_000, onClose: (end) => console.log(`a stream ended: ${end.reason}`) },
  ).send(req, res)
}, 'curl -N $URL   # then press Ctrl-C here')

server.once('close', () => console.log('The server is closed; close the database here.'))
