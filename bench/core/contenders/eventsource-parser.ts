import { createParser } from 'eventsource-parser'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { byteStream } from './byte-stream.ts'
import type { Contender } from './contender.ts'

/** Takes text, so it stands behind the streaming decoder that its users must bring. */
export const eventsourceParserPush: Contender = {
  name: 'eventsource-parser + TextDecoder',
  parse(chunks, onEvent) {
    const decoder = new TextDecoder()
    const parser = createParser({
      onEvent: ({ event, data, id }) => onEvent(event ?? 'message', data, id ?? ''),
    })
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }))
  },
}

/** As its README shows it. */
export const eventsourceParserStream: Contender = {
  name: 'eventsource-parser/stream',
  async parse(chunks, onEvent) {
    const events = byteStream(chunks)
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
    for await (const { event, data, id } of events) onEvent(event ?? 'message', data, id ?? '')
  },
}
