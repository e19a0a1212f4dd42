import type { Goal } from './goal.ts'
import { markdownTable } from './markdown-table.ts'

/** One subject of a benchmark: a heading, what was measured, and the goals that it decides. */
export interface Section {
  readonly title: string
  /** Markdown, without the heading. */
  readonly body: string
  readonly goals: readonly Goal[]
}

export function renderSections(sections: readonly Section[]): string {
  const goals = sections.flatMap((section) => section.goals)
  return [
    `### Goals\n\n${renderGoals(goals)}`,
    ...sections.map(({ title, body }) => `### ${title}\n\n${body}`),
  ].join('\n\n')
}

function renderGoals(goals: readonly Goal[]): string {
  const rows = goals.map(({ claim, wanted, measured, met }) => [
    claim,
    wanted,
    measured,
    met ? 'met' : '**missed**',
  ])
  return markdownTable(['goal', 'wanted', 'measured', ''], rows)
}
