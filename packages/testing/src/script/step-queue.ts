import type { Step } from './step.ts'

type Item = { readonly step: Step } | { readonly error: unknown } | 'end'

/** Steps that a test gives by and by: a body that is driven by hand. It has one reader. */
export class StepQueue implements AsyncIterableIterator<Step, undefined> {
  readonly #items: Item[] = []
  #taken: ((item: Item) => void) | undefined

  push(...steps: readonly Step[]): void {
    for (const step of steps) this.#put({ step })
  }

  end(): void {
    this.#put('end')
  }

  /** After the steps before it, the reader gets the error. */
  fail(error: unknown): void {
    this.#put({ error })
  }

  async next(): Promise<IteratorResult<Step, undefined>> {
    const item = this.#items.shift() ?? (await new Promise<Item>((resolve) => (this.#taken = resolve)))
    if (item === 'end') return { done: true, value: undefined }
    if ('error' in item) throw item.error
    return { done: false, value: item.step }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #put(item: Item): void {
    const taken = this.#taken
    this.#taken = undefined
    if (taken === undefined) this.#items.push(item)
    else taken(item)
  }
}
