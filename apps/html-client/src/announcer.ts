const INTERVAL_MS = 5_000

/**
 * Tells screen readers what changed, at most once in five seconds. Only the latest text of a subject is spoken: three
 * reconnects within the interval are one sentence.
 */
export class Announcer {
  readonly #region: HTMLElement
  readonly #pending = new Map<string, string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(region: HTMLElement) {
    this.#region = region
  }

  announce(subject: string, text: string): void {
    this.#pending.set(subject, text)
    // The first wait is short: long enough to gather what belongs together, such as two streams opening.
    this.#timer ??= setTimeout(this.#speak, 500)
  }

  readonly #speak = (): void => {
    if (this.#pending.size === 0) {
      this.#timer = undefined
      return
    }
    this.#region.textContent = [...this.#pending.values()].join(' ')
    this.#pending.clear()
    this.#timer = setTimeout(this.#speak, INTERVAL_MS)
  }
}
