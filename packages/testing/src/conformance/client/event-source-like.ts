/** What a client must have to be tried: the `EventSource` of browsers has it, as have those that stand in for it. */
export interface EventSourceLike extends EventTarget {
  readonly url: string
  readonly withCredentials: boolean
  readonly readyState: number
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSED: 2
  onopen: ((event: Event) => unknown) | null
  onmessage: ((event: MessageEvent) => unknown) | null
  onerror: ((event: Event) => unknown) | null
  addEventListener(
    type: string,
    listener: (event: MessageEvent) => unknown,
    options?: Parameters<EventTarget['addEventListener']>[2],
  ): void
  addEventListener(...rest: Parameters<EventTarget['addEventListener']>): void
  removeEventListener(type: string, listener: (event: MessageEvent) => unknown): void
  removeEventListener(...rest: Parameters<EventTarget['removeEventListener']>): void
  close(): void
}

export interface EventSourceClass {
  new (url: string | URL, init?: { readonly withCredentials?: boolean }): EventSourceLike
  readonly prototype: object
  readonly length: number
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSED: 2
}
