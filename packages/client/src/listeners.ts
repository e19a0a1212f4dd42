import { report } from './report.ts'

/** A listener of whatever type. It takes the data of its own type alone, so nobody calls it but who knows that: `call`. */
export type AnyListener = (data: never, event: never) => void

type Called = (data: unknown, event: unknown) => void

interface Entry {
  readonly listener: AnyListener
  readonly once: boolean
}

const NONE: readonly Entry[] = []

/** Who listens to which type of event. */
export class Listeners {
  /** A list is replaced when it changes, so that it can be gone through meanwhile. */
  readonly #byType = new Map<string, readonly Entry[]>()

  get empty(): boolean {
    return this.#byType.size === 0
  }

  has(type: string): boolean {
    return this.#byType.has(type)
  }

  /** As with `addEventListener`, the first registration of a listener counts. */
  add(type: string, listener: AnyListener, once: boolean): void {
    const entries = this.#of(type)
    if (!entries.some((entry) => entry.listener === listener))
      this.#byType.set(type, [...entries, { listener, once }])
  }

  remove(type: string, listener: AnyListener): void {
    const left = this.#of(type).filter((entry) => entry.listener !== listener)
    if (left.length > 0) this.#byType.set(type, left)
    else this.#byType.delete(type)
  }

  /** There is nothing more to hear: none is called any more, not even of those that were about to be. */
  clear(): void {
    this.#byType.clear()
  }

  /** Calls those of the type, in their order. What one throws is reported, and costs no other. */
  call(type: string, data: unknown, event: unknown): void {
    const entries = this.#of(type)
    for (const entry of entries) {
      // One that was called before it may have taken it off.
      if (entry !== entries[0] && !this.#of(type).includes(entry)) continue
      if (entry.once) this.remove(type, entry.listener)
      try {
        // It was added for this type, by an `on` that let no other pass.
        ;(entry.listener as Called)(data, event)
      } catch (error) {
        report(error)
      }
    }
  }

  #of(type: string): readonly Entry[] {
    return this.#byType.get(type) ?? NONE
  }
}
