import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { chromiumPath, launchChromium } from '../chromium.ts'
import { CASES } from './cases/index.ts'
import type { Places, Subject } from './conformance-case.ts'
import { PAGE_PATH, ScriptedServer } from './scripted-server.ts'

declare const play: (title: string, subject: Subject, places: Places) => Promise<unknown>

const SUBJECTS: readonly Subject[] = ['ours in Chromium', "Chromium's own"]

describe.skipIf(chromiumPath === undefined)('EventSource in a page', () => {
  let browser: Browser
  let bundle: string
  beforeAll(async () => {
    const built = await build({
      entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'iife',
      target: 'es2022',
      minify: true,
      logLevel: 'error',
    })
    bundle = built.outputFiles[0]?.text as string
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  const free: Stage[] = []

  describe.concurrent.each(SUBJECTS)('%s', (subject) => {
    for (const { title, server: script, expected, only, otherwise } of CASES) {
      if (only === 'node') continue
      const other = otherwise?.[subject]
      it(other ? `${title} (otherwise, because ${other.because})` : title, async ({ expect }) => {
        await using server = await ScriptedServer.start(script)
        const stage = free.pop() ?? (await Stage.open(browser, bundle))
        expect(await stage.play(title, subject, server)).toEqual((other ?? { expected }).expected)
        free.push(stage)
      })
    }
  })
})

/** A page on which one case after the other is played, in a browser context of its own: with cookies of its own. */
class Stage {
  readonly #page: Page
  #server: ScriptedServer | undefined

  private constructor(page: Page) {
    this.#page = page
  }

  static async open(browser: Browser, bundle: string): Promise<Stage> {
    const context = await browser.newContext()
    const stage = new Stage(await context.newPage())
    await context.addInitScript({ content: bundle })
    await context.exposeFunction('requests', () => stage.#server?.requests)
    await context.exposeFunction('connections', () => stage.#server?.connections)
    await context.exposeFunction('release', () => stage.#server?.release())
    return stage
  }

  async play(title: string, subject: Subject, server: ScriptedServer): Promise<unknown> {
    this.#server = server
    // What the case before has left open goes with its page.
    await this.#page.context().clearCookies()
    await this.#page.goto(server.places.origin + PAGE_PATH, { waitUntil: 'commit' })
    return this.#page.evaluate(([name, which, places]) => play(name, which, places), [
      title,
      subject,
      server.places,
    ] as const)
  }
}
