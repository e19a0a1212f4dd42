type Waiter<T> = PromiseWithResolvers<IteratorResult<T, undefined>>

/**
 * The events of one `for await`, in order, between the connection and whoever takes them. It is full from its capacity on, and
 * then nothing more is read; what the last chunk held is kept all the same, because nothing may be lost.
 */
export class EventQueue<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #capacity: number
  readonly #onChange: (queue: EventQueue<T>) => void
  #events: T[] = []
  #waiters: Waiter<T>[] = []
  #state: 'open' | 'ended' | 'left' = 'open'
  /** Thrown once, after the events before it. Boxed, because anything may be thrown. */
  #failure: { readonly error: unknown } | undefined

  /** `onChange` is called when it is not full any more, and when it was left. */
  constructor(capacity: number, onChange: (queue: EventQueue<T>) => void) {
    this.#capacity = capacity
    this.#onChange = onChange
  }

  get full(): boolean {
    return this.#state === 'open' && this.#events.length >= this.#capacity
  }

  get left(): boolean {
    return this.#state === 'left'
  }

  push(event: T): void {
    if (this.#state !== 'open') return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#events.push(event)
    else waiter.resolve({ done: false, value: event })
  }

  /** Nothing more comes. What is there is handed out first. */
  end(error?: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    if (error !== undefined) this.#failure = { error }
    for (const waiter of this.#waiters.splice(0)) this.#settle(waiter)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const waiter = Promise.withResolvers<IteratorResult<T, undefined>>()
    this.#settle(waiter)
    return waiter.promise
  }

  #settle(waiter: Waiter<T>): void {
    if (this.#events.length > 0) {
      const wasFull = this.full
      waiter.resolve({ done: false, value: this.#events.shift() as T })
      if (wasFull && !this.full) this.#onChange(this)
    } else if (this.#state === 'open') this.#waiters.push(waiter)
    else if (this.#failure !== undefined) {
      waiter.reject(this.#failure.error)
      this.#failure = undefined
    } else waiter.resolve({ done: true, value: undefined })
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (this.#state !== 'left') {
      this.#state = 'left'
      this.#events = []
      this.#failure = undefined
      for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined })
      this.#onChange(this)
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
