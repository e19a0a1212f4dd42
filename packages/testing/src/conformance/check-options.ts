import { testingError } from '../errors.ts'
import type { CaseSelection } from './case-run.ts'
import type { ConformanceRule } from './rule.ts'

/** @throws SseError `invalid-option` for a name that no case has. */
export function checkSelection({ only, deviations }: CaseSelection, rules: readonly ConformanceRule[]): void {
  const known = new Set(rules.map(({ name }) => name))
  for (const [field, names] of [
    ['only', only ?? []],
    ['deviations', Object.keys(deviations ?? {})],
  ] as const) {
    const unknown = names.find((name) => !known.has(name))
    if (unknown !== undefined)
      throw testingError('invalid-option', `There is no case "${unknown}". Names are those of the report.`, {
        field,
      })
  }
}

/** @throws SseError `invalid-option` for what is no duration. */
export function checkDuration(field: string, ms: number): number {
  if (Number.isFinite(ms) && ms > 0) return ms
  throw testingError(
    'invalid-option',
    `${field} must be a number of milliseconds above 0, but it is ${ms}.`,
    { field },
  )
}
