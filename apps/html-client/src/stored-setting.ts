/**
 * One text that survives a reload. A browser may refuse localStorage (blocked cookies, full quota); the page then
 * works the same and merely forgets.
 */
export class StoredSetting {
  readonly #key: string

  constructor(name: string) {
    this.#key = `sse-demo.${name}`
  }

  read(): string | null {
    try {
      return localStorage.getItem(this.#key)
    } catch {
      return null
    }
  }

  write(value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(this.#key)
      else localStorage.setItem(this.#key, value)
    } catch {
      // Refused: see above.
    }
  }

  /** Calls back when another window of this browser changed the setting. */
  onChangeElsewhere(changed: () => void): void {
    addEventListener('storage', (event) => {
      if (event.key === this.#key) changed()
    })
  }
}
