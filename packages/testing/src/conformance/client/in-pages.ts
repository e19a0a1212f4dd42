import type { CaseServer } from './case-server.ts'
import { PAGE_PATH } from './case-server.ts'
import type { ClientCase } from './client-case.ts'
import type { ClientStage } from './client-stage.ts'
import { PAGE_NAMES, type PageCall } from './page-script.ts'

/** A page of Playwright or of Puppeteer, as far as it is needed. */
export interface PageLike {
  goto(url: string): Promise<unknown>
  evaluate(expression: string): Promise<unknown>
  // biome-ignore lint/complexity/noBannedTypes: the type that both declare.
  exposeFunction(name: string, callback: Function): Promise<unknown>
}

export interface InPagesOptions {
  /** The name by which the script of the page offers the class. */
  readonly subject: string
  /** How many pages are open at a time. Default 4. */
  readonly pages?: number | undefined
}

/**
 * A client that runs in pages, for `conformClient`. `openPage` opens one, best in a browser context of its own, whose
 * script, on every page, has called `offerToConformance`: `context.addInitScript({ content: bundle })`. Who opened the pages closes them.
 */
export function inPages(
  openPage: () => Promise<PageLike>,
  { subject, pages = 4 }: InPagesOptions,
): ClientStage {
  return new PageStage(openPage, subject, pages)
}

export class PageStage implements ClientStage {
  readonly place = 'page'
  readonly lacks: ClientStage['lacks'] = { clock: 'browsers have no clock to wind' }
  readonly subject: string
  readonly concurrency: number
  readonly #openPage: () => Promise<PageLike>
  readonly #free: PlayedPage[] = []

  constructor(openPage: () => Promise<PageLike>, subject: string, pages: number) {
    this.#openPage = openPage
    this.subject = subject
    this.concurrency = pages
  }

  async play({ name }: ClientCase, server: CaseServer, timeoutMs: number): Promise<unknown> {
    const page = this.#free.pop() ?? (await PlayedPage.open(await this.#openPage()))
    try {
      return await page.play({ name, subject: this.subject, places: server.places, timeoutMs }, server)
    } finally {
      this.#free.push(page)
    }
  }
}

/** A page on which one case after the other is played. */
class PlayedPage {
  readonly #page: PageLike
  #server: CaseServer | undefined

  private constructor(page: PageLike) {
    this.#page = page
  }

  static async open(page: PageLike): Promise<PlayedPage> {
    const played = new PlayedPage(page)
    await page.exposeFunction(PAGE_NAMES.requests, () => played.#server?.requests)
    await page.exposeFunction(PAGE_NAMES.connections, (most: number, timeoutMs: number) =>
      played.#server?.connections(most, timeoutMs),
    )
    await page.exposeFunction(PAGE_NAMES.release, () => played.#server?.release())
    return played
  }

  async play(call: PageCall, server: CaseServer): Promise<unknown> {
    this.#server = server
    // What the case before has left open goes with its page.
    await this.#page.goto(server.places.origin + PAGE_PATH)
    return await this.#page.evaluate(`${PAGE_NAMES.play}(${JSON.stringify(call)})`)
  }
}
