import { formatBytes } from './number-format.ts'
import { oncePerFrame } from './once-per-frame.ts'
import { copyOfTemplate, field, setText } from './page.ts'
import type { StreamConnection } from './stream-connection.ts'
import type { StreamCounters } from './stream-counters.ts'

const SLOW_HINT =
  'No answer yet. Browsers allow six HTTP/1.1 connections to one site over all tabs: close another tab or stream.'

function noteOn({ state, retryAt, slow }: StreamConnection): string {
  if (slow) return SLOW_HINT
  if (state !== 'reconnecting') return ''
  if (retryAt === undefined) return 'Connection lost. The browser is reconnecting.'
  const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1_000))
  return `The server refused the stream. Next attempt in ${seconds} s.`
}

/** Shows one stream of the list. */
export class StreamCard {
  readonly element = copyOfTemplate('stream-card')
  /** May be called as often as anything changes. */
  readonly update = oncePerFrame(() => this.#render())
  readonly #connection: StreamConnection
  readonly #counters: StreamCounters
  readonly #name: string
  readonly #state = field(this.element, 'state', HTMLElement)
  readonly #note = field(this.element, 'note', HTMLElement)
  readonly #toggle = field(this.element, 'toggle', HTMLButtonElement)
  readonly #events: HTMLElement
  readonly #gaps: HTMLElement
  readonly #reconnects: HTMLElement
  readonly #lastId: HTMLElement
  readonly #size = field(this.element, 'size', HTMLElement)
  #countdown: ReturnType<typeof setTimeout> | undefined

  constructor(name: string, connection: StreamConnection, counters: StreamCounters) {
    this.#name = name
    this.#connection = connection
    this.#counters = counters
    this.element.setAttribute('data-testid', `stream-${name}`)
    this.#events = this.#counterField('events')
    this.#gaps = this.#counterField('gaps')
    this.#reconnects = this.#counterField('reconnects')
    this.#lastId = this.#counterField('last-id')
    this.#toggle.setAttribute('data-testid', `stream-${name}-toggle`)
    this.#toggle.addEventListener('click', () => {
      if (connection.state === 'closed') connection.connect()
      else connection.disconnect()
    })
    setText(field(this.element, 'name', HTMLElement), name)
    setText(field(this.element, 'url', HTMLElement), connection.url)
    this.#render()
  }

  /** Offers a button that takes the stream off the list. */
  allowRemoval(remove: () => void): void {
    const button = field(this.element, 'remove', HTMLButtonElement)
    button.hidden = false
    button.setAttribute('aria-label', `Remove ${this.#name}`)
    button.addEventListener('click', remove)
  }

  #counterField(counter: string): HTMLElement {
    const found = field(this.element, counter, HTMLElement)
    found.setAttribute('data-testid', `stream-${this.#name}-${counter}`)
    return found
  }

  #render(): void {
    const { state, lastEventId, reconnects, retryAt } = this.#connection
    const { events, gaps, dataSize } = this.#counters
    this.element.setAttribute('data-state', state)
    setText(this.#state, state)
    setText(this.#events, String(events))
    setText(this.#gaps, String(gaps))
    setText(this.#reconnects, String(reconnects))
    setText(this.#size, formatBytes(dataSize))
    setText(this.#lastId, lastEventId || '–')

    const action = state === 'closed' ? 'Connect' : 'Disconnect'
    setText(this.#toggle, action)
    this.#toggle.setAttribute('aria-label', `${action} ${this.#name}`)

    const note = noteOn(this.#connection)
    setText(this.#note, note)
    this.#note.hidden = note === ''

    clearTimeout(this.#countdown)
    if (retryAt !== undefined) this.#countdown = setTimeout(this.update, 1_000)
  }
}
