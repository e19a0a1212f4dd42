import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../../packages/testing/test/fixtures/chromium.ts'
import { rows, stream, watchStream } from './demo-page.ts'
import { DemoProcess } from './demo-process.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Each has a colour of its own in the log; the last one that of any other type. */
const TYPES = ['message', 'broadcast', 'sensor', 'notification', 'metrics', 'connected', 'of-the-visitor']

describe.skipIf(chromiumPath === undefined).each(['light', 'dark'] as const)('the %s page', (colorScheme) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  test('has enough contrast, and a name and role for everything, in all its states', async () => {
    await using demo = await DemoProcess.start()
    const context = await browser.newContext({ colorScheme })
    const page = await context.newPage()
    await page.goto(demo.url)
    await stream(page, 'main', 'open').waitFor()
    for (const event of TYPES) await broadcast(demo.url, event)
    await rows(page, 'of-the-visitor').waitFor()
    // Chosen: the ground of its row is another one.
    await rows(page, 'broadcast').getByRole('button').click()
    await watchStream(page, { url: '/nowhere' })
    await stream(page, 'nowhere', 'closed').waitFor()
    expect(await findings(page)).toEqual([])

    await page.getByTestId('keys-button').click()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')

    await demo.end('SIGKILL')
    await stream(page, 'main', 'waiting').waitFor()
    expect(await findings(page)).toEqual([])
  })
})

async function broadcast(url: string, event: string): Promise<void> {
  const { status } = await fetch(`${url}/api/broadcast`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'hello', event }),
  })
  expect(status).toBe(202)
}

/** What axe finds wrong with the page as it is: the rule, the element, and why. */
async function findings(page: Page): Promise<string[]> {
  // As a debugger does: the page's own policy lets no script in.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}
