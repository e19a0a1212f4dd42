import { StoredSetting } from './stored-setting.ts'

const EVENT_TYPE = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/

/** What the demo server sends by itself. */
const KNOWN = ['message', 'connected', 'sensor', 'heartbeat', 'notification', 'broadcast', 'metrics', 'gap']

function namesIn(text: string | null): string[] {
  return (text ?? '').split(',').flatMap((part) => {
    const name = part.trim()
    return EVENT_TYPE.test(name) && !KNOWN.includes(name) ? [name] : []
  })
}

/**
 * The event types to listen for. EventSource has no listener for "any type": an event whose type nobody asked for by
 * name is dropped by the browser, so the visitor can add names. They are kept over reloads and shared by all windows.
 */
export class EventTypes {
  readonly #setting = new StoredSetting('event-types')
  readonly #changed: () => void
  #added: ReadonlySet<string>

  constructor(changed: () => void) {
    this.#changed = changed
    this.#added = new Set(namesIn(this.#setting.read()))
    this.#setting.onChangeElsewhere(() => this.#use(namesIn(this.#setting.read())))
  }

  all(): string[] {
    return [...KNOWN, ...this.#added]
  }

  /** The names added by the visitor, as the text that `replaceAdded` takes. */
  added(): string {
    return [...this.#added].join(', ')
  }

  add(name: string): void {
    this.replaceAdded(`${this.added()},${name}`)
  }

  replaceAdded(text: string): void {
    this.#use(namesIn(text))
    this.#setting.write(this.added() || null)
  }

  #use(names: readonly string[]): void {
    this.#added = new Set(names)
    this.#changed()
  }
}
