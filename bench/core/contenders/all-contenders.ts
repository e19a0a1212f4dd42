import { pushBound, streamBound } from './bounds.ts'
import type { Bound, Contender } from './contender.ts'
import { eventsourceParserPush, eventsourceParserStream } from './eventsource-parser.ts'
import { fetchEventStream } from './fetch-event-stream.ts'
import { sseCoreIteration, sseCorePush } from './sse-core.ts'
import { undiciEventSourceStream } from './undici.ts'

/** Those that may be compared with each other: they get the chunks in the same way. */
export interface Field {
  readonly title: string
  readonly contenders: readonly Contender[]
  readonly bound: Bound
}

export const FIELDS: readonly Field[] = [
  {
    title: 'fed chunk by chunk',
    contenders: [sseCorePush, eventsourceParserPush],
    bound: pushBound,
  },
  {
    title: 'read from a ReadableStream',
    contenders: [sseCoreIteration, eventsourceParserStream, fetchEventStream, undiciEventSourceStream],
    bound: streamBound,
  },
]
