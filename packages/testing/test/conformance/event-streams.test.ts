import { expect, it } from 'vitest'
import { EVENT_STREAM_CASES } from '../../../core/test/event-stream-cases.ts'
import { EVENT_STREAM_SAMPLES } from '../../src/conformance/client/event-streams.ts'
import { CLIENT_RULES } from '../../src/conformance/index.ts'
import { SERVER_CASES } from '../../src/conformance/server/cases/index.ts'

it('has the streams on which the parser of @sse/core is tried, but for those of retry alone', () => {
  const ofCore = EVENT_STREAM_CASES.filter(
    ({ events, retries }) => !(events.length === 0 && retries !== undefined),
  )
  const bare = ({ section, wire, events }: { section: string; wire: string; events: unknown }) => ({
    section,
    wire,
    events,
  })
  expect(EVENT_STREAM_SAMPLES.map(bare)).toEqual(ofCore.map(bare))
})

it('has names, sections, titles and advice for every rule, and no name twice', () => {
  for (const rules of [CLIENT_RULES, SERVER_CASES]) {
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length)
    for (const { name, section, title, advice, level } of rules) {
      expect(name).toMatch(/^[a-z0-9.]+(-[a-z0-9.]+)*$/)
      expect([section, title, advice].every((text) => text.length > 3)).toBe(true)
      expect(['must', 'should', 'good-practice']).toContain(level)
      expect(advice).toMatch(/[.!?)]$/)
    }
  }
})
