import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { CLIENT_CASES } from '../../src/conformance/client/cases/index.ts'
import { conformClient, inPages } from '../../src/conformance/index.ts'
import { chromiumPath, launchChromium } from '../chromium.ts'

/** Those that only pages have, and some of the others: the client's own tests try them all. */
const CHOSEN = CLIENT_CASES.filter(
  ({ place, needs }, index) => place === 'page' || needs === 'reports' || index % 8 === 0,
)

describe.skipIf(chromiumPath === undefined)('conformClient in pages', () => {
  it("passes Chromium's own EventSource, but for what Chromium is known for", async () => {
    const built = await build({
      entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'iife',
      // As a browser's bundle: whatever of the room needs Node must not be imported.
      platform: 'browser',
      target: 'es2022',
      logLevel: 'error',
    })
    const content = built.outputFiles[0]?.text ?? ''
    await using browser = await launchChromium()
    const openPage = async () => {
      const context = await browser.newContext()
      await context.addInitScript({ content })
      return await context.newPage()
    }
    const report = await conformClient(inPages(openPage, { subject: 'native' }), {
      timeoutMs: 15_000,
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
