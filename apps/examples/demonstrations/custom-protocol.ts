// A protocol of one's own on top: requests go by POST, their answers and progress come back over one event stream, each
// with the number of the call that it belongs to. It is what remote procedure calls and agents do over event streams.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createEventSource, type TypedEventSource } from '@sse/client'
import { defineEvents } from '@sse/core'
import { Channel, EventSourceResponse } from '@sse/server'
import { z } from 'zod'

const protocol = defineEvents({
  progress: z.object({ call: z.int(), percent: z.number() }),
  result: z.object({ call: z.int(), value: z.number() }),
  failure: z.object({ call: z.int(), message: z.string() }),
})
type Protocol = typeof protocol.schemas

const requestSchema = z.object({ call: z.int(), method: z.literal('sum'), numbers: z.array(z.number()) })

const answers = new Channel(protocol)
async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.method === 'GET') return void new EventSourceResponse(answers).send(req, res)
  const request = requestSchema.safeParse(await json(req))
  res.writeHead(request.success ? 202 : 400).end()
  if (!request.success) return
  const { call, numbers } = request.data
  answers.publish('progress', { call, percent: 50 })
  if (numbers.length === 0) answers.publish('failure', { call, message: 'There is nothing to add.' })
  else answers.publish('result', { call, value: numbers.reduce((sum, number) => sum + number) })
}
const server = createServer((req, res) => void handle(req, res)).listen(0)
await once(server, 'listening')
const url = `http://localhost:${(server.address() as AddressInfo).port}`

/** The client's half: a call is a promise, found again by its number. */
class Calls {
  readonly #stream: TypedEventSource<Protocol> = createEventSource(url, { events: protocol })
  readonly #open = new Map<number, PromiseWithResolvers<number>>()
  #last = 0

  constructor() {
    this.#stream.on('result', ({ call, value }) => this.#open.get(call)?.resolve(value))
    this.#stream.on('failure', ({ call, message }) => this.#open.get(call)?.reject(new Error(message)))
    this.#stream.on('progress', ({ call, percent }) => console.log(`  call ${call}: ${percent} %`))
  }

  async sum(...numbers: readonly number[]): Promise<number> {
    await this.#stream.ready()
    const call = ++this.#last
    const answer = Promise.withResolvers<number>()
    this.#open.set(call, answer)
    await fetch(url, { method: 'POST', body: JSON.stringify({ call, method: 'sum', numbers }) })
    return answer.promise.finally(() => this.#open.delete(call))
  }

  close(): void {
    this.#stream.close()
  }
}

const calls = new Calls()
console.log('sum(1, 2, 3) =', await calls.sum(1, 2, 3))
console.log('two at once  =', await Promise.all([calls.sum(4, 5), calls.sum(6, 7)]))
await calls.sum().catch((error: Error) => console.log('sum() fails  :', error.message))
calls.close()
answers.close()
server.close()
