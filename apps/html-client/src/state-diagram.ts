/**
 * A row of all states that lights the current one, and for a moment the one before: a wait of 50 ms can be seen. The
 * states are part of the page, in `<li data-value>`.
 */
export class StateDiagram {
  readonly #root: HTMLElement
  #current: string | undefined

  constructor(root: HTMLElement) {
    this.#root = root
  }

  show(value: string): void {
    if (value === this.#current) return
    this.#current = value
    for (const step of this.#root.querySelectorAll('[data-value]')) {
      const current = step.getAttribute('data-value') === value
      step.toggleAttribute('data-left', !current && step.getAttribute('aria-current') === 'true')
      if (current) step.setAttribute('aria-current', 'true')
      else step.removeAttribute('aria-current')
    }
  }
}
