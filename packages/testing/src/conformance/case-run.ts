import { systemClock } from '@sse/core'
import type { CaseResult } from './report/case-result.ts'
import type { ConformanceRule } from './rule.ts'

/** What a case came to: nothing to say, or why it failed or could not be judged. */
export type Verdict =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'failed'; readonly found: string }
  | { readonly outcome: 'skipped'; readonly reason: string }

export const passed: Verdict = { outcome: 'passed' }

export function failed(found: string): Verdict {
  return { outcome: 'failed', found }
}

export function skipped(reason: string): Verdict {
  return { outcome: 'skipped', reason }
}

/** Which cases run, and which may fail. */
export interface CaseSelection {
  /** The names of the cases to run. Default all. */
  readonly only?: readonly string[] | undefined
  /** Cases that are known to fail, by name, and why. One that is kept all the same fails: it need not be listed any more. */
  readonly deviations?: Readonly<Record<string, string>> | undefined
}

/** Runs a case, and makes of what it throws a failure. */
export async function runCase(
  { name, section, level, title, advice }: ConformanceRule,
  { deviations }: CaseSelection,
  judge: () => Promise<Verdict>,
): Promise<CaseResult> {
  const began = systemClock.now()
  const verdict = await judge().catch((error: unknown) => failed(messageOf(error)))
  return {
    name,
    section,
    level,
    title,
    advice,
    ...excused(verdict, deviations?.[name]),
    durationMs: systemClock.now() - began,
  }
}

function excused(
  verdict: Verdict,
  reason: string | undefined,
): Pick<CaseResult, 'outcome' | 'found' | 'reason'> {
  if (reason === undefined || verdict.outcome === 'skipped') return verdict
  if (verdict.outcome === 'failed') return { outcome: 'deviates', found: verdict.found, reason }
  return { outcome: 'failed', found: `it is kept, but listed as a deviation, because ${reason}` }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Calls `task` for each, so many at a time. Results are in order. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  task: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const waiting = items.entries()
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await task(item)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return results
}
