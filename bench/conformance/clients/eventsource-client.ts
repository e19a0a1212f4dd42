import type { ClientAdapter } from '@sse/testing/conformance'
import { createEventSource } from 'eventsource-client'

/** It has no word for the last event ID of an event but its property, and none for having given up but its state. */
export const subject: ClientAdapter = {
  name: 'eventsource-client',
  open(url, events) {
    let closed = false
    const source = createEventSource({
      url,
      onConnect: () => events.open(),
      onMessage: ({ event, data }) =>
        events.event({ type: event, data, lastEventId: source.lastEventId ?? '' }),
      onDisconnect: () =>
        // It tells of it before it sets its state.
        queueMicrotask(() => {
          if (!closed && source.readyState === 'closed') events.error('CLOSED')
        }),
      onScheduleReconnect: () => events.error('CONNECTING'),
    })
    return {
      close() {
        closed = true
        source.close()
      },
    }
  },
}
