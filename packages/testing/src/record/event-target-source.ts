import type { StreamSource } from './stream-source.ts'

/** An `EventSource`: the browser's, that of a package, or a test double. */
export interface EventSourceLike {
  /** 0 while it connects, 1 when it is open, 2 when it is closed for good. */
  readonly readyState: number
  addEventListener(type: string, listener: (event: Event) => void): void
  removeEventListener(type: string, listener: (event: Event) => void): void
  close?(): void
  readonly url?: string
}

const OPEN = 1
const CLOSED = 2

/** It tells of events only by type, and of neither comments nor bytes. */
export function eventTargetSource(target: EventSourceLike): StreamSource {
  return {
    describe: () => `the EventSource${target.url === undefined ? '' : ` ${target.url}`}`,
    onlyOnce: 'An EventSource reconnects by itself. Record the URL or the handler instead.',
    open: ({ types, sink, signal }) => {
      const listening: (() => void)[] = []
      const listen = (type: string, listener: (event: Event) => void): void => {
        target.addEventListener(type, listener)
        listening.push(() => target.removeEventListener(type, listener))
      }
      const beginning = Promise.withResolvers<void>()
      let opened = false
      const open = (): void => {
        opened = true
        sink.opened({ status: undefined, headers: undefined })
        beginning.resolve()
      }
      const poll = (): void => {
        if (target.readyState === CLOSED) sink.ended('closed')
      }
      if (target.readyState === OPEN) open()
      listen('open', open)
      for (const type of new Set(['message', ...types])) {
        listen(type, (event) => {
          const { data, lastEventId } = event as Partial<MessageEvent>
          // A connection's own `error` and `open` have no data; a stream may use both words for events.
          if (data !== undefined) sink.event({ type, data: String(data), lastEventId: lastEventId ?? '' })
        })
      }
      listen('error', () => {
        if (target.readyState !== CLOSED) return
        if (opened) sink.ended('cut')
        else sink.refused('')
        beginning.resolve()
      })
      if (target.readyState === CLOSED) {
        poll()
        beginning.resolve()
      }
      const leave = (): void => {
        for (const stop of listening.splice(0)) stop()
        target.close?.()
      }
      signal.addEventListener('abort', leave, { once: true })
      return beginning.promise.then(() => ({ poll, close: async () => leave() }))
    },
  }
}
