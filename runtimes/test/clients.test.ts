import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Channel, EventSourceResponse } from '@sse/server'
import { describe, expect, it } from 'vitest'
import { CLIENTS, RuntimeProcess } from './runtime-process.ts'

const EVENTS = 200
/** So many between two resets. */
const ROUND = 40

interface Reading {
  readonly data: readonly string[]
  readonly states: readonly string[]
}

describe.each(CLIENTS)('@sse/client on $name', (runtime) => {
  it('reads every event once and in order by both faces, although connections are reset again and again', async () => {
    const channel = new Channel()
    const sockets = new Set<Socket>()
    const server = createServer((request, response) => {
      sockets.add(request.socket)
      void new EventSourceResponse(channel, { retryMs: 10 }).send(request, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    let published = 0
    const publishing = setInterval(() => {
      // Each round from when both are there: a reset that finds nobody is none.
      if ((published % ROUND === 0 && channel.subscribers < 2) || published === EVENTS) return
      channel.publish('n', String(published++))
      if (published % ROUND === 0) for (const socket of sockets) socket.resetAndDestroy()
      if (published === EVENTS) channel.publish('n', '[DONE]')
    }, 2)
    try {
      await using client = await RuntimeProcess.start(
        runtime,
        `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      )
      for (const { data, states } of await client.line<readonly Reading[]>()) {
        expect(data).toEqual(Array.from({ length: EVENTS }, (_, n) => String(n)))
        expect(states.filter((state) => state === 'open').length).toBeGreaterThanOrEqual(3)
        expect(states.at(-1)).toBe('closed')
      }
    } finally {
      clearInterval(publishing)
      server.close()
      server.closeAllConnections()
    }
  })
})
