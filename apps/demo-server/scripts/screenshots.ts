import { mkdir, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../../packages/testing/test/fixtures/chromium.ts'
import { createDemo } from '../src/demo.ts'
import { listen } from '../src/listen.ts'

// The pictures of the READMEs, taken of the demo as it runs: `pnpm screenshots`.

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url))
const SIZE = { width: 1180, height: 880 }
/** Readers wait for them. */
const MOST_BYTES = 200_000

type Scheme = 'light' | 'dark'

async function take(
  browser: Browser,
  name: string,
  scheme: Scheme,
  show: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: scheme, locale: 'en-GB' })
  await show(page)
  const path = `${IMAGES}${name}.png`
  await page.screenshot({ path })
  await page.close()
  const { size } = await stat(path)
  if (size > MOST_BYTES)
    throw new Error(`${path} has ${size} bytes. Show less on it: ${MOST_BYTES} are allowed.`)
  process.stdout.write(`docs/images/${name}.png: ${size} bytes\n`)
}

/** Until the charts have something to show. */
async function events(page: Page, stream: string, count: number): Promise<void> {
  await page.waitForFunction(
    ({ selector, least }) => Number(document.querySelector(selector)?.textContent) >= least,
    { selector: `[data-testid="stream-${stream}-events"]`, least: count },
  )
}

const demo = createDemo({ corsOrigin: '*' })
const url = `http://localhost:${await listen(demo.server, { host: '127.0.0.1', port: 0 })}`
/** Of the page that watches these streams. */
function addressOf(streams: readonly (readonly string[])[]): string {
  const fields = streams.map((each): [string, string] => ['stream', JSON.stringify(each)])
  return `${url}/#${new URLSearchParams(fields)}`
}

await mkdir(IMAGES, { recursive: true })
const browser = await launchChromium()
try {
  await take(browser, 'demo-streams', 'light', async (page) => {
    // A stream beside one that is compressed, whose bytes on the wire are known up to where it was cut.
    await page.goto(
      addressOf([
        ['main', '/stream', 'GET', '@sse/client'],
        ['metrics', '/metrics?compression=auto', 'GET', '@sse/client'],
      ]),
    )
    await events(page, 'metrics', 12)
    await page.getByTestId('trouble-cut').click()
    await events(page, 'metrics', 20)
    // What was clicked was scrolled to.
    await page.evaluate(() => scrollTo(0, 0))
  })
  await take(browser, 'demo-recovery', 'dark', async (page) => {
    // A server that is down while the other stream goes on.
    await page.route('**/out-of-order', (route) => route.fulfill({ status: 503 }))
    await page.goto(
      addressOf([
        ['main', '/stream', 'GET', '@sse/client'],
        ['out of order', '/out-of-order', 'GET', '@sse/client'],
      ]),
    )
    await events(page, 'main', 5)
    await page
      .locator('[data-testid="stream-out of order"][data-state="suspended"]')
      .waitFor({ timeout: 60_000 })
    await page.getByTestId('stream-main-cut').click()
    await page.locator('[data-testid="stream-main"][data-state="waiting"]').waitFor()
  })
} finally {
  await browser.close()
  await demo.close()
}
