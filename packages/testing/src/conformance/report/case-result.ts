import type { ConformanceRule } from '../rule.ts'

/**
 * `passed` and `failed` are judgements. `deviates`: it fails, as the caller said that it would, and why. `skipped`: it could not be
 * judged here; `reason` says why.
 */
export type CaseOutcome = 'passed' | 'failed' | 'deviates' | 'skipped'

/** How one case went. */
export interface CaseResult extends ConformanceRule {
  readonly outcome: CaseOutcome
  /** What was seen, where it failed or deviates. */
  readonly found?: string | undefined
  /** Why it was skipped, or may deviate. */
  readonly reason?: string | undefined
  readonly durationMs: number
}
