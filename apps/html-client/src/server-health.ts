import { setText } from './page.ts'

const PATIENCE_MS = 5_000

const TEXTS = {
  up: 'Server up',
  down: 'Server down',
  // Not the same as down: the request may only wait for one of the browser's connections.
  silent: 'Server not answering',
} as const

type Health = keyof typeof TEXTS

async function askServer(): Promise<Health> {
  try {
    const response = await fetch('/health', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })
    return response.ok ? 'up' : 'down'
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? 'silent' : 'down'
  }
}

/** Shows whether the server is up. It is not polled: the streams notice by themselves when there is news. */
export class ServerHealth {
  readonly #badge: HTMLElement
  #checking = false
  #checkAgain = false

  constructor(badge: HTMLElement) {
    this.#badge = badge
  }

  async check(): Promise<void> {
    // Streams tend to fail and recover together. What comes in during a check is answered by one more check.
    this.#checkAgain = this.#checking
    if (this.#checking) return
    this.#checking = true
    const health = await askServer()
    this.#checking = false
    this.#badge.setAttribute('data-health', health)
    setText(this.#badge, TEXTS[health])
    if (this.#checkAgain) await this.check()
  }
}
