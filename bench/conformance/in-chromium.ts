import { conformClient, inPages, type ReportAsJson } from '@sse/testing/conformance'
import { launchChromium } from '../../packages/testing/test/fixtures/chromium.ts'
import { scriptedPages } from '../../packages/testing/test/fixtures/scripted-pages.ts'

/** What Chromium's own `EventSource`, or ours in its place, does. */
export async function conformInChromium(subject: 'native' | 'ours'): Promise<{
  readonly version: string
  readonly report: ReportAsJson
}> {
  await using browser = await launchChromium()
  const openPage = await scriptedPages(browser, new URL('page.ts', import.meta.url))
  const report = await conformClient(inPages(openPage, { subject }))
  return { version: browser.version(), report: report.toJSON() }
}
