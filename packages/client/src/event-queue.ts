type Waiter<T> = PromiseWithResolvers<IteratorResult<T, undefined>>

/**
 * The events of one `for await`, in order, between the connection and whoever takes them. It is full from its capacity on, and
 * then nothing more is read; what the last chunk held is kept all the same, because nothing may be lost.
 */
export class EventQueue<T extends object> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #capacity: number
  readonly #onChange: (queue: EventQueue<T>) => void
  /** Those before `#next` were handed out: see `#take`. */
  #events: T[] = []
  #next = 0
  #waiters: Waiter<T>[] = []
  #state: 'open' | 'ended' | 'left' = 'open'
  /** Thrown once, after the events before it. Boxed, because anything may be thrown. */
  #failure: { readonly error: unknown } | undefined
  /** How many events it was given that its reader is not done with, and the last one that it is done with. */
  #behind = 0
  #done: T | undefined
  /** The event that its reader has now. It is done with it when it asks for another, or leaves. */
  #inHand: T | undefined

  /** `onChange` is called whenever its reader has asked for an event, or has left. */
  constructor(capacity: number, onChange: (queue: EventQueue<T>) => void) {
    this.#capacity = capacity
    this.#onChange = onChange
  }

  get full(): boolean {
    return this.#state === 'open' && this.#events.length - this.#next >= this.#capacity
  }

  get left(): boolean {
    return this.#state === 'left'
  }

  get behind(): number {
    return this.#behind
  }

  get done(): T | undefined {
    return this.#done
  }

  push(event: T): void {
    if (this.#state !== 'open') return
    this.#behind++
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#events.push(event)
    else waiter.resolve(this.#handOut(event))
  }

  /** Nothing more comes. What is there is handed out first. */
  end(error?: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    if (error !== undefined) this.#failure = { error }
    for (const waiter of this.#waiters.splice(0)) this.#settle(waiter)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#finish()
    const event = this.#events[this.#next]
    const result = event === undefined ? this.#wait() : Promise.resolve(this.#take(event))
    if (this.#state !== 'left') this.#onChange(this)
    return result
  }

  #take(event: T): IteratorResult<T, undefined> {
    this.#next++
    // To move those that wait for each that is taken would be slow; never to move them would keep all that were ever taken.
    if (this.#next * 2 > this.#events.length) {
      this.#events.splice(0, this.#next)
      this.#next = 0
    }
    return this.#handOut(event)
  }

  #wait(): Promise<IteratorResult<T, undefined>> {
    const waiter = Promise.withResolvers<IteratorResult<T, undefined>>()
    this.#settle(waiter)
    return waiter.promise
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (this.#state !== 'left') {
      this.#finish()
      this.#state = 'left'
      this.#events = []
      this.#failure = undefined
      for (const waiter of this.#waiters.splice(0)) this.#settle(waiter)
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

  /** Of someone who waits while there is no event. */
  #settle(waiter: Waiter<T>): void {
    if (this.#state === 'open') this.#waiters.push(waiter)
    else if (this.#failure !== undefined) {
      waiter.reject(this.#failure.error)
      this.#failure = undefined
    } else waiter.resolve({ done: true, value: undefined })
  }

  #handOut(value: T): IteratorResult<T, undefined> {
    this.#finish()
    this.#inHand = value
    return { done: false, value }
  }

  #finish(): void {
    if (this.#inHand === undefined) return
    this.#done = this.#inHand
    this.#inHand = undefined
    this.#behind--
  }
}
