import { createEventStreamParser, parseEventStream } from '@sse/core'
import { byteStream } from './byte-stream.ts'
import type { Contender } from './contender.ts'

export const sseCorePush: Contender = {
  name: '@sse/core createEventStreamParser',
  parse(chunks, onEvent) {
    const parser = createEventStreamParser({
      onEvent: ({ type, data, lastEventId }) => onEvent(type, data, lastEventId),
    })
    for (const chunk of chunks) parser.feed(chunk)
    parser.end()
  },
}

export const sseCoreIteration: Contender = {
  name: '@sse/core parseEventStream',
  async parse(chunks, onEvent) {
    for await (const { type, data, lastEventId } of parseEventStream(byteStream(chunks))) {
      onEvent(type, data, lastEventId)
    }
  },
}
