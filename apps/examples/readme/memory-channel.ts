import { createServer } from 'node:http'
import { createMemoryChannel, type ServerSentEvent } from '@sse/core'
import { EventSourceResponse } from '@sse/server'

createServer((req, res) => {
  // At most ten events wait here; then the producers wait for the client. When it leaves, their send() throws.
  const [sender, receiver] = createMemoryChannel<ServerSentEvent>(10)
  for (const name of ['left', 'right']) void produce(name, sender.clone())
  sender.close()
  return new EventSourceResponse(receiver).send(req, res)
}).listen(3000)

async function produce(name: string, sender: ReturnType<typeof createMemoryChannel<ServerSentEvent>>[0]) {
  using mine = sender
  for (let n = 1; n <= 3; n++) await mine.send({ event: name, data: { n } })
}
