import type { LockManagerLike } from '../../src/shared/tab-lock.ts'

interface Channel {
  readonly name: string
  readonly tab: HubTab
  onmessage: ((event: { data: unknown }) => void) | null
  open: boolean
}

interface Request {
  readonly tab: HubTab
  readonly callback: () => Promise<void> | undefined
  readonly settle: PromiseWithResolvers<unknown>
}

/** Tabs without a browser: one lock, and channels that deliver in the next turn, unless a tab is held. */
export class TabHub {
  readonly #channels = new Set<Channel>()
  #holder: Request | undefined
  #queue: Request[] = []

  /** Another tab. Make its source with `tab.run(() => …)`. */
  tab(): HubTab {
    return new HubTab(this)
  }

  locks(tab: HubTab): LockManagerLike {
    return {
      query: async () => ({ pending: this.#queue.map(() => ({ name: this.#name })) }),
      request: (name, { signal, steal }, callback) => {
        this.#name = name
        const request: Request = { tab, callback, settle: Promise.withResolvers() }
        if (steal) {
          const robbed = this.#holder
          this.#holder = undefined
          robbed?.tab.later(() => robbed.settle.reject(new DOMException('stolen', 'AbortError')))
          this.#queue.unshift(request)
        } else this.#queue.push(request)
        signal?.addEventListener('abort', () => {
          if (!this.#queue.includes(request)) return
          this.#queue = this.#queue.filter((each) => each !== request)
          request.settle.reject(signal.reason)
        })
        queueMicrotask(() => this.#grant())
        return request.settle.promise
      },
    }
  }
  #name = ''

  channelClass(tab: HubTab): new (name: string) => object {
    const channels = this.#channels
    return class {
      readonly #channel: Channel
      constructor(name: string) {
        this.#channel = { name, tab, onmessage: null, open: true }
        channels.add(this.#channel)
      }
      set onmessage(listener: Channel['onmessage']) {
        this.#channel.onmessage = listener
      }
      postMessage(message: unknown): void {
        if (tab.crashed) return
        const data: unknown = structuredClone(message)
        for (const other of channels) {
          if (other === this.#channel || other.name !== this.#channel.name) continue
          other.tab.later(() => other.open && other.onmessage?.({ data }))
        }
      }
      close(): void {
        this.#channel.open = false
        channels.delete(this.#channel)
      }
    }
  }

  /** The browser takes back what a tab had. */
  forget(tab: HubTab): void {
    for (const channel of this.#channels) if (channel.tab === tab) this.#channels.delete(channel)
    this.#queue = this.#queue.filter((request) => request.tab !== tab)
    if (this.#holder?.tab === tab) this.#holder = undefined
    this.#grant()
  }

  #grant(): void {
    const request = this.#holder === undefined ? this.#queue.shift() : undefined
    if (request === undefined) return
    this.#holder = request
    request.tab.later(() => {
      const held = Promise.resolve(request.callback())
      void held.then(() => {
        request.settle.resolve(undefined)
        if (this.#holder === request) this.#holder = undefined
        this.#grant()
      })
    })
  }
}

export class HubTab {
  readonly #hub: TabHub
  readonly #held: (() => void)[] = []
  #holding = false
  #deaf = false
  crashed = false

  constructor(hub: TabHub) {
    this.#hub = hub
  }

  /** Runs this in the tab: what it finds in `globalThis` is of the tab. */
  run<T>(make: () => T): T {
    const had = ['navigator', 'BroadcastChannel'].map(
      (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
    )
    const define = (name: string, value: unknown): unknown =>
      Object.defineProperty(globalThis, name, { value, configurable: true })
    define('navigator', { locks: this.#hub.locks(this) })
    define('BroadcastChannel', this.#hub.channelClass(this))
    try {
      return make()
    } finally {
      for (const [name, descriptor] of had)
        Object.defineProperty(globalThis, name, descriptor as PropertyDescriptor)
    }
  }

  /** Nothing is told to it from now on: its messages wait. */
  hold(): void {
    this.#holding = true
  }

  letGo(): void {
    this.#holding = false
    for (const deliver of this.#held.splice(0)) this.later(deliver)
  }

  /** What is told to it is lost, until the returned function is called. */
  deafen(): () => void {
    this.#deaf = true
    return () => {
      this.#deaf = false
    }
  }

  crash(): void {
    this.crashed = true
    this.#hub.forget(this)
  }

  later(deliver: () => void): void {
    if (this.#deaf) return
    if (this.#holding) this.#held.push(deliver)
    else
      setImmediate(() => {
        if (this.#holding) this.#held.push(deliver)
        else if (!this.crashed) deliver()
      })
  }
}
