import type { LogEntry } from './event-log.ts'
import { field, setText } from './page.ts'

/** What a filter lets through, as it can be shared. Empty texts let everything through. */
export interface LogChoice {
  readonly stream: string
  readonly type: string
  readonly search: string
  readonly comments: boolean
}

/** The choice of what the log shows: one stream or all, types that contain a text, data or ids that contain a text. */
export class LogFilter {
  readonly #stream: HTMLSelectElement
  readonly #type: HTMLInputElement
  readonly #search: HTMLInputElement
  readonly #comments: HTMLInputElement
  /** Read once per change instead of once per event. */
  #choice: LogChoice

  constructor(root: HTMLElement, changed: () => void) {
    this.#stream = field(root, 'stream-filter', HTMLSelectElement)
    this.#type = field(root, 'type-filter', HTMLInputElement)
    this.#search = field(root, 'search', HTMLInputElement)
    this.#comments = field(root, 'comments', HTMLInputElement)
    this.#choice = this.#read()
    const read = (): void => {
      this.#choice = this.#read()
      changed()
    }
    for (const control of [this.#stream, this.#comments]) control.addEventListener('change', read)
    for (const control of [this.#type, this.#search]) control.addEventListener('input', read)
  }

  get choice(): LogChoice {
    return this.#choice
  }

  choose({ stream, type, search, comments }: LogChoice): void {
    this.#stream.value = stream
    this.#type.value = type
    this.#search.value = search
    this.#comments.checked = comments
    this.#choice = this.#read()
  }

  focusSearch(): void {
    this.#search.focus()
    this.#search.select()
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

  matches({ kind, stream, type, data, id }: LogEntry): boolean {
    const wanted = this.#choice
    if (wanted.stream !== '' && stream !== wanted.stream) return false
    if (kind === 'comment' && (!wanted.comments || wanted.type !== '')) return false
    if (wanted.type !== '' && !type.toLowerCase().includes(wanted.type)) return false
    if (wanted.search === '') return true
    return data.toLowerCase().includes(wanted.search) || id.toLowerCase().includes(wanted.search)
  }

  #read(): LogChoice {
    return {
      stream: this.#stream.value,
      type: this.#type.value.trim().toLowerCase(),
      search: this.#search.value.trim().toLowerCase(),
      comments: this.#comments.checked,
    }
  }
}
