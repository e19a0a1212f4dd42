import { type ConformanceRule, REQUIREMENT_LEVELS, type RequirementLevel } from '../rule.ts'
import type { CaseOutcome, CaseResult } from './case-result.ts'
import { jsonReport, type ReportAsJson } from './json-report.ts'
import { junitReport } from './junit-report.ts'
import { textReport } from './text-report.ts'

/** What came of a run, as a value: to be printed, written to a file, or asked by a test. */
export class ConformanceReport {
  /** What was tried: a URL, or the name of a class. */
  readonly subject: string
  readonly results: readonly CaseResult[]

  constructor(subject: string, results: readonly CaseResult[]) {
    this.subject = subject
    this.results = results
  }

  /** Whether no `must` failed. */
  get passed(): boolean {
    return this.count('failed', 'must') === 0
  }

  /** For a command: 0 if nothing of this level, or of a stricter one, failed; else 1. Default `must`. */
  exitCode(failOn: RequirementLevel = 'must'): 0 | 1 {
    const strict = REQUIREMENT_LEVELS.slice(0, REQUIREMENT_LEVELS.indexOf(failOn) + 1)
    return strict.some((level) => this.count('failed', level) > 0) ? 1 : 0
  }

  count(outcome: CaseOutcome, level?: ConformanceRule['level']): number {
    return this.results.filter((each) => each.outcome === outcome && (level ?? each.level) === each.level)
      .length
  }

  /** For people: what failed first, with what was found and what to do; a line for each of the others. */
  text(options: { readonly colors?: boolean | undefined } = {}): string {
    return textReport(this, options.colors ?? false)
  }

  /** For programs. `JSON.stringify(report)` uses it. */
  toJSON(): ReportAsJson {
    return jsonReport(this)
  }

  /** For CI: JUnit XML, in which only what failed at the level `must` is a failure; what failed below is told as output. */
  junit(): string {
    return junitReport(this)
  }
}
