import type { OnEvent } from './contenders/contender.ts'
import type { Totals } from './corpora.ts'

/** Counts what a contender dispatched. The sums are used, so nothing of an event can be optimised away. */
export class Tally implements Totals {
  events = 0
  dataLength = 0
  typeLength = 0
  idLength = 0

  readonly onEvent: OnEvent = (type, data, id) => {
    this.events++
    this.dataLength += data.length
    this.typeLength += type.length
    this.idLength += id.length
  }

  /** What is missing or too much, in words; `undefined` if the totals are the expected ones. */
  differenceFrom(expected: Totals): string | undefined {
    const differences = (['events', 'dataLength', 'typeLength', 'idLength'] as const)
      .filter((key) => this[key] !== expected[key])
      .map((key) => `${key} ${this[key]} instead of ${expected[key]}`)
    return differences.length === 0 ? undefined : differences.join(', ')
  }
}
