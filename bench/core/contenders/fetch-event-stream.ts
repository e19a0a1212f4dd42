import { events } from 'fetch-event-stream'
import { byteStream } from './byte-stream.ts'
import type { Contender } from './contender.ts'

export const fetchEventStream: Contender = {
  name: 'fetch-event-stream',
  async parse(chunks, onEvent) {
    const messages = events(new Response(byteStream(chunks)))
    for await (const { event, data, id } of messages)
      onEvent(event ?? 'message', data ?? '', String(id ?? ''))
  },
}
