/**
 * Who demands it. `must`: the text of the specification or of an RFC does. `should`: they recommend it. `good-practice`: nobody
 * demands it, but without it streams stall, or events get lost, somewhere on the way.
 */
export type RequirementLevel = 'must' | 'should' | 'good-practice'

/** The levels, the strictest first. */
export const REQUIREMENT_LEVELS: readonly RequirementLevel[] = ['must', 'should', 'good-practice']

/** One thing that a client or a server of event streams does right or wrong. */
export interface ConformanceRule {
  /** Short and stable, for options and for lists: `close-before-head`. */
  readonly name: string
  /** Where it is written: `§9.2.6` is of WHATWG HTML, others name their document. */
  readonly section: string
  readonly level: RequirementLevel
  /** A fact in the present tense: what holds where the rule is kept. */
  readonly title: string
  /** What is wrong where it is not kept, and what to do. */
  readonly advice: string
}
