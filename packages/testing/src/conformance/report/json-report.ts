import { REQUIREMENT_LEVELS, type RequirementLevel } from '../rule.ts'
import type { CaseOutcome, CaseResult } from './case-result.ts'

const OUTCOMES: readonly CaseOutcome[] = ['passed', 'failed', 'deviates', 'skipped']

export type OutcomeCounts = Readonly<Record<CaseOutcome, number>>

/** A report for programs. */
export interface ReportAsJson {
  readonly subject: string
  /** Whether no `must` failed. */
  readonly passed: boolean
  readonly counts: Readonly<Record<RequirementLevel, OutcomeCounts>>
  readonly results: readonly CaseResult[]
}

/** What a renderer needs of a report. */
export interface Countable {
  readonly subject: string
  readonly passed: boolean
  readonly results: readonly CaseResult[]
  count(outcome: CaseOutcome, level?: RequirementLevel): number
}

export function jsonReport(report: Countable): ReportAsJson {
  const countsOf = (level: RequirementLevel): OutcomeCounts =>
    Object.fromEntries(OUTCOMES.map((outcome) => [outcome, report.count(outcome, level)])) as OutcomeCounts
  return {
    subject: report.subject,
    passed: report.passed,
    counts: Object.fromEntries(
      REQUIREMENT_LEVELS.map((level) => [level, countsOf(level)]),
    ) as ReportAsJson['counts'],
    results: report.results,
  }
}
