import type { ClientAdapter, OpenClient } from './client-adapter.ts'
import type { EventSourceClass } from './event-source-like.ts'

/** The interface of the standard over a client of another shape, so far as cases need it that are not about that interface. */
export function adaptedEventSource(adapter: ClientAdapter): EventSourceClass {
  return class AdaptedEventSource extends EventTarget {
    static readonly CONNECTING = 0
    static readonly OPEN = 1
    static readonly CLOSED = 2
    readonly CONNECTING = 0
    readonly OPEN = 1
    readonly CLOSED = 2
    readonly url: string
    readonly withCredentials = false
    readyState: 0 | 1 | 2 = 0
    readonly #client: OpenClient
    readonly #handlers = new Map<string, (event: never) => unknown>()

    constructor(url: string | URL) {
      super()
      this.url = String(url)
      this.#client = adapter.open(this.url, {
        open: () => this.#tell(1, new Event('open')),
        event: ({ type = 'message', data, lastEventId = '' }) => {
          this.dispatchEvent(new MessageEvent(type, { data, lastEventId }))
        },
        error: (state) => this.#tell(state === 'CLOSED' ? 2 : 0, new Event('error')),
      })
    }

    set onopen(handler: ((event: Event) => unknown) | null) {
      this.#handle('open', handler)
    }
    set onmessage(handler: ((event: MessageEvent) => unknown) | null) {
      this.#handle('message', handler)
    }
    set onerror(handler: ((event: Event) => unknown) | null) {
      this.#handle('error', handler)
    }

    override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
      super.addEventListener(...args)
      this.#client.listen?.(args[0])
    }

    close(): void {
      this.readyState = 2
      this.#client.close()
    }

    #tell(state: 0 | 1 | 2, event: Event): void {
      this.readyState = state
      this.dispatchEvent(event)
    }

    #handle(type: string, handler: ((event: never) => unknown) | null): void {
      if (!this.#handlers.has(type))
        this.addEventListener(type, (event) => this.#handlers.get(type)?.(event as never))
      this.#handlers.set(type, handler ?? (() => {}))
    }
  } as unknown as EventSourceClass
}
