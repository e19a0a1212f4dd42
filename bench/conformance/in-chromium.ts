import { fileURLToPath } from 'node:url'
import { conformClient, inPages, type ReportAsJson } from '@sse/testing/conformance'
import { build } from 'esbuild'
import { launchChromium } from '../../packages/testing/test/chromium.ts'

/** What Chromium's own `EventSource`, or ours in its place, does. */
export async function conformInChromium(subject: 'native' | 'ours'): Promise<{
  readonly version: string
  readonly report: ReportAsJson
}> {
  const built = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
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
  const report = await conformClient(inPages(openPage, { subject }))
  return { version: browser.version(), report: report.toJSON() }
}
