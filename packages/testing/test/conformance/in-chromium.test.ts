import { describe, expect, it } from 'vitest'
import { CLIENT_CASES } from '../../src/conformance/client/cases/index.ts'
import { conformClient, inPages } from '../../src/conformance/index.ts'
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts'
import { scriptedPages } from '../fixtures/scripted-pages.ts'

/** Those that only pages have, and some of the others: the client's own tests try them all. */
const CHOSEN = CLIENT_CASES.filter(
  ({ place, needs }, index) => place === 'page' || needs === 'reports' || index % 8 === 0,
)

describe.skipIf(chromiumPath === undefined)('conformClient in pages', () => {
  it("passes Chromium's own EventSource, but for what Chromium is known for", async () => {
    await using browser = await launchChromium()
    const openPage = await scriptedPages(browser, new URL('page.ts', import.meta.url))
    const report = await conformClient(inPages(openPage, { subject: 'native' }), {
      timeoutMs: 60_000,
      only: CHOSEN.map(({ name }) => name),
      deviations: {
        'cross-origin-last-event-id': 'Chromium sends this header of its own without asking',
      },
    })
    const notPassed = report.results.filter(({ outcome }) => outcome !== 'passed')
    expect(notPassed.map(({ name, outcome, found }) => [name, outcome, found])).toEqual([
      ['cross-origin-last-event-id', 'deviates', expect.any(String)],
    ])
    expect([report.passed, report.results.length]).toEqual([true, CHOSEN.length])
  })
})
