import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Channel, EventSourceResponse } from '@sse/server'
import { describe, expect, it } from 'vitest'
import { CLIENTS, RuntimeProcess } from './runtime-process.ts'

const EVENTS = 200

describe.each(CLIENTS)('createEventSource on $name', (runtime) => {
  it('reads every event once and in order, although its connection is reset again and again', async () => {
    const channel = new Channel()
    const sockets = new Set<Socket>()
    const server = createServer((request, response) => {
      sockets.add(request.socket)
      void new EventSourceResponse(channel).send(request, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const publishing = setInterval(() => {
      if (channel.subscribers === 0 || published === EVENTS) return
      channel.publish('n', String(published++))
      if (published % 40 === 0) for (const socket of sockets) socket.resetAndDestroy()
      if (published === EVENTS) channel.publish('n', '[DONE]')
    }, 2)
    let published = 0
    try {
      await using client = await RuntimeProcess.start(
        runtime,
        `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      )
      const { data, states, closed } = await client.line<{
        data: string[]
        states: string[]
        closed: string
      }>()
      expect(data).toEqual(Array.from({ length: EVENTS }, (_, n) => String(n)))
      expect(states.filter((state) => state === 'open').length).toBeGreaterThanOrEqual(4)
      expect([states.at(-1), closed]).toEqual(['closed', 'done'])
    } finally {
      clearInterval(publishing)
      server.close()
      server.closeAllConnections()
    }
  })
})
