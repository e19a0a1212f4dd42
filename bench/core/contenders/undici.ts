import { createRequire } from 'node:module'
import { pipeline, type Transform } from 'node:stream'
import { byteStream } from './byte-stream.ts'
import type { Contender } from './contender.ts'

interface UndiciMessage {
  readonly type: string
  readonly options: { readonly data: string; readonly lastEventId?: string }
}

/** Internal to undici and therefore without types. Written down here is what its own `EventSource` uses of it. */
type EventSourceStreamClass = new (options: { push: (message: UndiciMessage | null) => boolean }) => Transform

const { EventSourceStream } = createRequire(import.meta.url)(
  'undici/lib/web/eventsource/eventsource-stream.js',
) as { EventSourceStream: EventSourceStreamClass }

/** The parser behind undici's `EventSource` (and Node's), connected to the body in the same way. */
export const undiciEventSourceStream: Contender = {
  name: 'undici EventSourceStream',
  parse(chunks, onEvent) {
    return new Promise((resolve, reject) => {
      const parser = new EventSourceStream({
        push(message) {
          // Its end. The readable side, which `push` stands in for, never hears of it, so the pipeline cannot end.
          if (message === null) resolve()
          else onEvent(message.type, message.options.data, message.options.lastEventId ?? '')
          return true
        },
      })
      pipeline(byteStream(chunks), parser, (error) => {
        if (error) reject(error)
      })
    })
  },
}
