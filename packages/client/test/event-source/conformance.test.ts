import {
  CLIENT_RULES,
  type ConformanceReport,
  type ConformClientOptions,
  conformClient,
  inPages,
} from '@sse/testing/conformance'
import { beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium } from '../../../testing/test/fixtures/chromium.ts'
import { scriptedPages } from '../../../testing/test/fixtures/scripted-pages.ts'
import { EventSource } from '../../src/event-source.ts'

/** Where ours is not what the specification says, and why. A case that is kept all the same fails the run. */
const OURS = {
  'task-per-event':
    'the events of a chunk are dispatched in one go: a task for each, by timers, would cost 4 ms in a page',
}
const CORS_IS_HIDDEN = 'a script cannot tell a response that CORS forbids from a connection that breaks'
const STOP_IS_HIDDEN = 'a script is told of a request that was stopped as of a connection that breaks'
const OURS_IN_A_PAGE = {
  ...OURS,
  'cors-missing': CORS_IS_HIDDEN,
  'cors-other-origin': CORS_IS_HIDDEN,
  'cors-wildcard-with-credentials': CORS_IS_HIDDEN,
  'cors-credentials-missing': CORS_IS_HIDDEN,
  'stop-fails-attempt': STOP_IS_HIDDEN,
  'stop-fails-stream': STOP_IS_HIDDEN,
}
/** The control: where the cases fail on this, they are wrong, or the browser is known for it. */
const CHROMIUM = {
  'charset-is-ignored': 'Chromium refuses every charset but UTF-8',
  'cross-origin-last-event-id': 'Chromium sends this header of its own without asking',
}

/** They share two cores with a browser and whatever else runs, and begin at once. */
const PATIENCE_MS = 120_000

const SUBJECTS = ['ours in Node', 'ours in Chromium', "Chromium's own"] as const
const reports = new Map<string, ConformanceReport>()

// Most of the time they wait, so all at once.
beforeAll(async () => {
  const [inNode, pages] = await Promise.all([
    conformClient(EventSource, {
      initWithClock: (clock) => ({ clock }),
      timeoutMs: PATIENCE_MS,
      deviations: {
        ...OURS,
        'control-characters-in-id':
          'the fetch of Node refuses such headers, so that it is tried again for ever',
      },
    }),
    chromiumPath === undefined ? [] : conformInChromium(),
  ])
  for (const [index, report] of [inNode, ...pages].entries()) reports.set(SUBJECTS[index] ?? '', report)
}, 600_000)

async function conformInChromium(): Promise<ConformanceReport[]> {
  await using browser = await launchChromium()
  const openPage = await scriptedPages(browser, new URL('page.ts', import.meta.url))
  const conform = (subject: string, deviations: ConformClientOptions['deviations']) =>
    conformClient(inPages(openPage, { subject }), { timeoutMs: PATIENCE_MS, deviations })
  return await Promise.all([conform('ours', OURS_IN_A_PAGE), conform('native', CHROMIUM)])
}

describe.each(SUBJECTS)('EventSource, %s', (subject) => {
  it.each(CLIENT_RULES)('$section: $title', ({ name }) => {
    const result = reports.get(subject)?.results.find((each) => each.name === name)
    expect(result?.outcome, result?.found).not.toBe('failed')
  })
})

it.skipIf(chromiumPath === undefined)('no rule is skipped everywhere', () => {
  const tried = [...reports.values()].flatMap(({ results }) =>
    results.filter(({ outcome }) => outcome !== 'skipped').map(({ name }) => name),
  )
  expect(CLIENT_RULES.filter(({ name }) => !tried.includes(name))).toEqual([])
  expect(reports.size).toBe(SUBJECTS.length)
})
