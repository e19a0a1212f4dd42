import type { LogEntry } from './event-log.ts'
import { field, setText } from './page.ts'

/** The choice of which events the log shows: one stream or all, and types that contain a text. */
export class LogFilter {
  readonly #stream: HTMLSelectElement
  readonly #type: HTMLInputElement

  constructor(root: HTMLElement, changed: () => void) {
    this.#stream = field(root, 'stream-filter', HTMLSelectElement)
    this.#type = field(root, 'type-filter', HTMLInputElement)
    this.#stream.addEventListener('change', changed)
    this.#type.addEventListener('input', changed)
  }

  /** Offers these streams for choice. The first option, all streams, is part of the page. */
  offerStreams(names: readonly string[]): void {
    const chosen = this.#stream.value
    const options = names.map((name) => {
      const option = document.createElement('option')
      option.value = name
      setText(option, name)
      return option
    })
    this.#stream.options.length = 1
    this.#stream.append(...options)
    this.#stream.value = names.includes(chosen) ? chosen : ''
    if (this.#stream.value !== chosen) this.#stream.dispatchEvent(new Event('change'))
  }

  matches({ stream, type }: LogEntry): boolean {
    const wanted = this.#type.value.trim().toLowerCase()
    return ['', stream].includes(this.#stream.value) && type.toLowerCase().includes(wanted)
  }
}
