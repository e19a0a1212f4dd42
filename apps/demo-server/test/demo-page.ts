import { readFile } from 'node:fs/promises'
import type { Browser, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** One line of an exported log. */
export interface LoggedLine {
  readonly at: string
  readonly stream: string
  readonly type?: string
  readonly id?: string
  readonly data?: string
  readonly comment?: string
}

/** A window of its own: with its own pool of connections, as another person's browser. */
export async function openWindow(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => expect.fail(`The page threw: ${error.message}`))
  await page.goto(address)
  return page
}

/** A stream's card, while it is in this state. */
export function stream(page: Page, name: string, state: string): Locator {
  return page.locator(`[data-testid="stream-${name}"][data-state="${state}"]`)
}

/** The same card in any other state. */
export function streamNot(page: Page, name: string, state: string): Locator {
  return page.locator(`[data-testid="stream-${name}"]:not([data-state="${state}"])`)
}

/** The rows of the log in view: the others are not on the page. */
export function rows(page: Page, type: string): Locator {
  return page.locator(`[data-testid="log-row"][data-type="${type}"]`)
}

/** Settles when the stream is at this event, or behind it. */
export async function hasRead(page: Page, name: string, id: string): Promise<void> {
  const offset = (text: string | null): number => Number(text?.split('-')[1])
  await expect
    .poll(async () => offset(await page.getByTestId(`stream-${name}-last-id`).textContent()))
    .toBeGreaterThanOrEqual(offset(id))
}

/** All that the log shows, in view or not, by its own export. Oldest first. */
export async function exportedLog(page: Page): Promise<LoggedLine[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('log-export').click(),
  ])
  const text = await readFile(await download.path(), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

export async function broadcast(page: Page, message: string): Promise<void> {
  await page.getByTestId('broadcast-message').fill(message)
  await page.getByTestId('broadcast-send').click()
}

/** What is written into the form that watches any stream. */
export interface OpenedStream {
  readonly url: string
  readonly method?: string
  readonly headers?: string
  readonly body?: string
  readonly lastEventId?: string
  readonly silenceSeconds?: string
}

export async function watchStream(page: Page, opened: OpenedStream): Promise<void> {
  const { url, method = 'GET', headers = '', body, lastEventId = '', silenceSeconds = '' } = opened
  await page.locator('#open-stream details').evaluate((more) => more.setAttribute('open', ''))
  await page.getByTestId('open-url').fill(url)
  await page.getByTestId('open-method').selectOption(method)
  await page.getByTestId('open-headers').fill(headers)
  if (body !== undefined) await page.getByTestId('open-body').fill(body)
  await page.getByTestId('open-last-event-id').fill(lastEventId)
  await page.getByTestId('open-stall').fill(silenceSeconds)
  await page.getByTestId('open-submit').click()
}
