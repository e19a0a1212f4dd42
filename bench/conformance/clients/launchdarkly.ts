import type { ClientAdapter } from '@sse/testing/conformance'
// @ts-expect-error: it has no types.
import { EventSource } from 'launchdarkly-eventsource'

interface LaunchDarklyEvent {
  readonly data: string
  readonly lastEventId: string
}

/** It tells the end of a stream as `end`, not as `error`, and that it has given up as `closed`: both are documented. */
export const subject: ClientAdapter = {
  name: 'launchdarkly-eventsource',
  open(url, events) {
    const source = new EventSource(url)
    const heard = new Set<string>()
    let closed = false
    source.addEventListener('open', () => events.open())
    source.addEventListener('retrying', () => events.error('CONNECTING'))
    source.addEventListener('closed', () => {
      if (!closed) events.error('CLOSED')
    })
    // Without a listener, its errors are thrown.
    source.addEventListener('error', () => {})
    return {
      close() {
        closed = true
        source.close()
      },
      listen(type) {
        if (type === 'open' || type === 'error' || heard.has(type)) return
        heard.add(type)
        source.addEventListener(type, ({ data, lastEventId }: LaunchDarklyEvent) =>
          events.event({ type, data, lastEventId }),
        )
      },
    }
  },
}
