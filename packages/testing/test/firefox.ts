import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PLACES = [
  process.env['FIREFOX_PATH'],
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
]

/** Firefox of this machine; `undefined` if there is none. */
export const firefoxPath: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path))

if (firefoxPath === undefined) {
  const missing = 'No Firefox was found. Install it (apt-get install firefox-esr) or set FIREFOX_PATH.'
  if (process.env['CI'] !== undefined) throw new Error(`${missing} In CI the tests in Firefox must run.`)
  process.stderr.write(`\nSKIPPED: all tests in Firefox. ${missing}\n\n`)
}

const PREFERENCES: Readonly<Record<string, unknown>> = {
  // Nothing but the tests goes over the network, and nothing is asked of anybody.
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
}

interface Answer {
  readonly id?: number
  readonly type: 'success' | 'error' | 'event'
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
}

/** Firefox by WebDriver BiDi, which it speaks itself: Playwright drives only builds of its own, or newer ones than those of Debian. */
export class Firefox implements AsyncDisposable {
  readonly #socket: WebSocket
  readonly #end: () => Promise<void>
  readonly #answers = new Map<number, (answer: Answer) => void>()
  #sent = 0

  private constructor(socket: WebSocket, end: () => Promise<void>) {
    this.#socket = socket
    this.#end = end
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer
      if (answer.id !== undefined) this.#answers.get(answer.id)?.(answer)
    }
  }

  static async launch(): Promise<Firefox> {
    const profile = await mkdtemp(join(tmpdir(), 'firefox-'))
    const lines = Object.entries(PREFERENCES).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    )
    await writeFile(join(profile, 'user.js'), lines.join(''))
    const browser = spawn(firefoxPath as string, [
      ...['--headless', '--no-remote', '--profile', profile],
      ...['--remote-debugging-port', '0', 'about:blank'],
    ])
    const exited = new Promise((resolve) => browser.once('exit', resolve))
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      browser.stderr.on('data', (chunk) => {
        said += chunk
        const [found] = /ws:\S+/.exec(said) ?? []
        if (found !== undefined) resolve(found)
      })
      browser.once('exit', (code) => reject(new Error(`Firefox ended with ${code} and said: ${said}`)))
    })
    const socket = new WebSocket(`${url}/session`)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = () => reject(new Error(`Firefox does not answer at ${url}.`))
    })
    const firefox = new Firefox(socket, async () => {
      socket.close()
      browser.kill()
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 20 })
    })
    await firefox.send('session.new', { capabilities: {} })
    return firefox
  }

  /** A page with cookies, storage and connections of its own, as another person's browser. */
  async openPage(url: string): Promise<FirefoxPage> {
    const { userContext } = await this.send<{ userContext: string }>('browser.createUserContext')
    const { context } = await this.send<{ context: string }>('browsingContext.create', {
      type: 'tab',
      userContext,
    })
    const page = new FirefoxPage(this, context)
    await page.goto(url)
    return page
  }

  send<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.#sent
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ type, result, error, message }) => {
        this.#answers.delete(id)
        if (type === 'success') resolve(result as Result)
        else reject(new Error(`${method}: ${error}: ${message}`))
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
}

export class FirefoxPage {
  readonly #firefox: Firefox
  readonly #context: string

  constructor(firefox: Firefox, context: string) {
    this.#firefox = firefox
    this.#context = context
  }

  async goto(url: string): Promise<void> {
    await this.#firefox.send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' })
  }

  /** The value of an expression, as JSON has it, when its promise has settled. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.#firefox.send<{
      result?: { value?: string }
      exceptionDetails?: { text: string }
    }>('script.evaluate', {
      expression: `(async () => JSON.stringify(await (${expression})))()`,
      target: { context: this.#context },
      awaitPromise: true,
    })
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text)
    return result?.value === undefined ? (undefined as Value) : (JSON.parse(result.value) as Value)
  }

  /** By the mouse, as a person would: what is covered, or not there, is not clicked. */
  async click(selector: string): Promise<void> {
    const element = await this.#elementOf(selector)
    await this.#firefox.send('input.performActions', {
      context: this.#context,
      actions: [
        {
          type: 'pointer',
          id: 'mouse',
          actions: [
            { type: 'pointerMove', x: 0, y: 0, origin: { type: 'element', element } },
            { type: 'pointerDown', button: 0 },
            { type: 'pointerUp', button: 0 },
          ],
        },
      ],
    })
  }

  /** By the keyboard, into what has the focus. */
  async type(text: string): Promise<void> {
    const actions = [...text].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ])
    await this.#firefox.send('input.performActions', {
      context: this.#context,
      actions: [{ type: 'key', id: 'keyboard', actions }],
    })
  }

  async close(): Promise<void> {
    await this.#firefox.send('browsingContext.close', { context: this.#context })
  }

  async #elementOf(selector: string): Promise<object> {
    const { nodes } = await this.#firefox.send<{ nodes: { sharedId: string }[] }>(
      'browsingContext.locateNodes',
      { context: this.#context, locator: { type: 'css', value: selector }, maxNodeCount: 1 },
    )
    const [node] = nodes
    if (node === undefined) throw new Error(`There is no ${selector} on the page.`)
    await this.evaluate(
      `document.querySelector(${JSON.stringify(selector)}).scrollIntoView({ block: 'center' })`,
    )
    return { sharedId: node.sharedId }
  }
}
