import { summarize } from '../harness/rounds.ts'
import type { Section } from '../harness/section.ts'
import { CONTENDERS, type ContenderKey } from './contenders/all-contenders.ts'
import type { BarKind, Panel } from './plot.ts'
import type { Delivery } from './stage.ts'
import type { Measured, Samples } from './turns.ts'

/** A section that is also drawn. */
export interface ServerSection extends Section {
  readonly panels: readonly Panel[]
}

export type Report = (line: string) => void

export function nameOf(contender: ContenderKey): string {
  return CONTENDERS[contender].name
}

/** As a table says it: ours in bold, bounds in italics. */
export function rowTitle(contender: ContenderKey): string {
  const name = nameOf(contender)
  return { ours: `**${name}**`, peer: name, bound: `_${name}_` }[kindOf(contender)]
}

function kindOf(contender: ContenderKey): BarKind {
  if (contender === 'ours') return 'ours'
  return CONTENDERS[contender].bound === true ? 'bound' : 'peer'
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/**
 * A measured quantity as bars, the best one first, each labelled with what it is as a multiple of ours.
 *
 * @param reservation what else must be known of a contender's number. Such numbers come last.
 */
export function panelOf(
  title: string,
  better: Panel['better'],
  measured: Measured,
  show: (value: number) => string,
  reservation: (contender: ContenderKey) => string = () => '',
): Panel {
  const order = better === 'more' ? measured.descending : measured.ascending
  const bars = reservedLast(order, reservation).map((contender) => {
    const value = measured.median(contender)
    const kind = kindOf(contender)
    const multiple = kind === 'ours' ? '' : ` (${measured.ratio(contender, 'ours').toFixed(2)} ×)`
    return { name: nameOf(contender), value, label: show(value) + multiple + reservation(contender), kind }
  })
  return { title, better, bars }
}

/** The same order, but those of whom there is a reservation behind the others. */
export function reservedLast(
  order: readonly ContenderKey[],
  reservation: (contender: ContenderKey) => string,
): readonly ContenderKey[] {
  return order.toSorted((a, b) => Number(reservation(a) !== '') - Number(reservation(b) !== ''))
}

/** What others had of the machine during these runs: the less, the better the numbers. */
export function describeOthers(samples: Samples<Delivery>): string {
  const shares = [...samples.values()].flat().map(({ othersShare }) => othersShare * 100)
  const { median, max } = summarize(shares)
  return `Other processes had ${median.toFixed(0)} % of the machine meanwhile, ${max.toFixed(0)} % in the worst round.`
}
