import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Chromium or Chrome of this machine; `undefined` if there is none. */
export const chromiumPath: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path))

if (chromiumPath === undefined) {
  const missing =
    'No Chromium or Chrome was found. Install it (apt-get install chromium) or set CHROMIUM_PATH.'
  if (process.env['CI'] !== undefined) throw new Error(`${missing} In CI the browser tests must run.`)
  process.stderr.write(`\nSKIPPED: all browser tests. ${missing}\n\n`)
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath as string,
    args: [
      // Containers run tests as root, where Chromium's sandbox does not start.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
