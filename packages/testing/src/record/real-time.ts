/**
 * The timers of the runtime as they were when this module was loaded: what a test awaits is given up on in real time, also while
 * `vi.useFakeTimers()` or `jest.useFakeTimers()` has put others in their place, or a `FakeClock` stands still.
 */
const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis

/** A moment in real time. A pending one keeps the process alive, as the test does that waits for it. */
export class Deadline implements Disposable {
  readonly #passing = Promise.withResolvers<'passed'>()
  readonly #timer: ReturnType<typeof setTimeout>
  #passed = false

  constructor(ms: number) {
    // Delays past 2³¹−1 ms overflow in every runtime and fire at once.
    this.#timer = realSetTimeout(
      () => {
        this.#passed = true
        this.#passing.resolve('passed')
      },
      Math.min(ms, 0x7fff_ffff),
    )
  }

  get passed(): boolean {
    return this.#passed
  }

  /** Settles with the promise, or with `'passed'` when the moment comes first. */
  race<T>(promise: Promise<T>): Promise<T | 'passed'> {
    return Promise.race([promise, this.#passing.promise])
  }

  [Symbol.dispose](): void {
    realClearTimeout(this.#timer)
  }
}
