import { createEventBuffer } from 'better-sse'
import type { Encoder } from './encoder.ts'

/**
 * Its public buffer, one for all events, as its sessions keep one. Its default serializer would write every string as
 * JSON, which is another event than the others write, so it gets the text as it is.
 */
export const betterSse: Encoder = {
  name: 'better-sse EventBuffer + Buffer.from',
  encode(events, sink) {
    const buffer = createEventBuffer({ serializer: (data) => data as string })
    for (const { id, event, data } of events) {
      if (event !== undefined) buffer.event(event)
      if (id !== undefined) buffer.id(id)
      buffer.data(data).dispatch()
      sink(Buffer.from(buffer.read()))
      buffer.clear()
    }
  },
}
