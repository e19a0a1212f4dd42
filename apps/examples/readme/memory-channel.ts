import { createServer } from 'node:http'
import { createMemoryChannel, type MemorySender, type ServerSentEvent } from '@sse/core'
import { EventSourceResponse } from '@sse/server'

createServer((req, res) => {
  // At most ten events wait here; then the producers wait for the client. When it leaves, their send() throws.
  const [sender, receiver] = createMemoryChannel<ServerSentEvent>(10)
  // Runs beside the stream: what it throws ends this stream, and nothing else.
  const dataSender = async () => {
    await Promise.all(['left', 'right'].map((name) => produce(name, sender)))
    sender.close()
  }
  return new EventSourceResponse(receiver, { dataSender }).send(req, res)
}).listen(3000)

async function produce(name: string, sender: MemorySender<ServerSentEvent>) {
  for (let n = 1; n <= 3; n++) await sender.send({ event: name, data: { n } })
}
