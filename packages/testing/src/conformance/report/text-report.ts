import { REQUIREMENT_LEVELS, type RequirementLevel } from '../rule.ts'
import type { CaseOutcome, CaseResult } from './case-result.ts'
import type { Countable } from './json-report.ts'

const LEVEL_TITLES: Readonly<Record<RequirementLevel, string>> = {
  must: 'MUST',
  should: 'SHOULD',
  'good-practice': 'Good practice',
}

const MARKS: Readonly<Record<CaseOutcome, string>> = { passed: '✓', failed: '✗', deviates: '~', skipped: '-' }
const COLORS: Readonly<Record<CaseOutcome, number>> = { passed: 32, failed: 31, deviates: 33, skipped: 90 }

/** For people: by level, what failed first, with what was found and what to do. */
export function textReport(report: Countable, colors: boolean): string {
  const paint = (code: number, text: string): string => (colors ? `\x1b[${code}m${text}\x1b[0m` : text)
  const lines = [paint(1, report.subject), '']
  for (const level of REQUIREMENT_LEVELS) {
    const results = report.results.filter((each) => each.level === level)
    if (results.length === 0) continue
    lines.push(paint(1, LEVEL_TITLES[level]))
    for (const result of inOrder(results)) {
      const { outcome, name, section, title } = result
      lines.push(`  ${paint(COLORS[outcome], MARKS[outcome])} ${title} ${paint(90, `${section} ${name}`)}`)
      for (const detail of detailsOf(result)) lines.push(`      ${detail}`)
    }
    lines.push('')
  }
  lines.push(...REQUIREMENT_LEVELS.map((level) => summaryOf(report, level)).filter((line) => line !== ''), '')
  return lines.join('\n')
}

/** What failed comes first; otherwise the order of the suite stays. */
function inOrder(results: readonly CaseResult[]): readonly CaseResult[] {
  return (['failed', 'deviates', 'passed', 'skipped'] as const).flatMap((outcome) =>
    results.filter((each) => each.outcome === outcome),
  )
}

function detailsOf({ outcome, advice, found, reason }: CaseResult): readonly string[] {
  if (outcome === 'failed') return [`found: ${printable(found ?? '')}`, `to do: ${advice}`]
  if (outcome === 'deviates') return [`known: ${reason}`]
  if (outcome === 'skipped') return [`skipped: ${reason}`]
  return []
}

/** What was found came from a server: in a terminal, its control characters would be commands. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, '\ufffd').toWellFormed()
}

function summaryOf(report: Countable, level: RequirementLevel): string {
  const parts = (['passed', 'failed', 'deviates', 'skipped'] as const)
    .map((outcome) => [report.count(outcome, level), outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`)
  return parts.length === 0 ? '' : `${LEVEL_TITLES[level]}: ${parts.join(', ')}`
}
