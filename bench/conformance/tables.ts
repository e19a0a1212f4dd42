import type { CaseResult, ConformanceRule, ReportAsJson, RequirementLevel } from '@sse/testing/conformance'
import { markdownTable } from '../harness/markdown-table.ts'
import { reasonOf } from './reasons.ts'

export interface Column {
  readonly key: string
  readonly name: string
  readonly report: ReportAsJson
}

const MARKS: Readonly<Record<CaseResult['outcome'], string>> = {
  passed: '✓',
  failed: '✗',
  deviates: '✗',
  skipped: '–',
}
const LEVELS: readonly RequirementLevel[] = ['must', 'should', 'good-practice']

/** How many cases of each level each passes, of those that could be judged. */
export function totalsTable(columns: readonly Column[]): string {
  const levels = LEVELS.filter((level) => columns.some(({ report }) => judged(report, level) > 0))
  return markdownTable(
    ['', ...levels],
    columns.map(({ name, report }) => [
      name,
      ...levels.map((level) => `${report.counts[level].passed} of ${judged(report, level)}`),
    ]),
  )
}

function judged({ counts }: ReportAsJson, level: RequirementLevel): number {
  return counts[level].passed + counts[level].failed
}

/** The cases that not all pass, each with what each does. */
export function differencesTable(rules: readonly ConformanceRule[], columns: readonly Column[]): string {
  const rows = rules
    .filter(({ name }) => columns.some(({ report }) => resultOf(report, name)?.outcome === 'failed'))
    .map(({ name, section, level, title }) => [
      `${title.replaceAll('|', '\\|')} (${section}, \`${name}\`)`,
      level,
      ...columns.map(({ report }) => MARKS[resultOf(report, name)?.outcome ?? 'skipped']),
    ])
  return markdownTable(['', 'level', ...columns.map(({ name }) => name)], rows)
}

/** What was found at each failure, and why, where that is known. */
export function failuresList(columns: readonly Column[]): string {
  return columns
    .map(({ key, name, report }) => {
      const failures = report.results.filter(({ outcome }) => outcome === 'failed')
      const lines = failures.map((failure) => {
        const reason = reasonOf(failure.name, key)
        const found = (failure.found ?? '').replaceAll('`', "'").replaceAll('\n', ' ')
        const short = found.length > 160 ? `${found.slice(0, 160)}…` : found
        return `- \`${failure.name}\` (${failure.level}): ${reason === undefined ? '' : `${reason} `}Found: \`${short}\``
      })
      return `**${name.replaceAll('*', '')}**\n\n${lines.length === 0 ? 'None.' : lines.join('\n')}`
    })
    .join('\n\n')
}

function resultOf({ results }: ReportAsJson, name: string): CaseResult | undefined {
  return results.find((result) => result.name === name)
}
