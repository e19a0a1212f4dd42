import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumPath } from '../../../testing/test/fixtures/chromium.ts'

/**
 * Chromium by its own protocol. Playwright makes all its pages believe that they are visible, and Chromium freezes only those
 * that are hidden.
 */
export class RawChromium implements AsyncDisposable {
  readonly #socket: WebSocket
  readonly #end: () => Promise<void>
  readonly #replies = new Map<number, (reply: { result?: unknown; error?: unknown }) => void>()
  readonly #awaited = new Map<string, () => void>()
  #sent = 0

  private constructor(socket: WebSocket, end: () => Promise<void>) {
    this.#socket = socket
    this.#end = end
    socket.onmessage = ({ data }) => {
      const { id, method, sessionId, ...reply } = JSON.parse(String(data)) as {
        id?: number
        method?: string
        sessionId?: string
        result?: unknown
        error?: unknown
      }
      if (id !== undefined) this.#replies.get(id)?.(reply)
      else this.#awaited.get(`${method} of ${sessionId}`)?.()
    }
  }

  static async launch(): Promise<RawChromium> {
    const profile = await mkdtemp(join(tmpdir(), 'raw-chromium-'))
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run']
    const places = ['--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank']
    const process = spawn(chromiumPath as string, [...flags, ...places])
    const exited = new Promise((resolve) => process.once('exit', resolve))
    const url = await new Promise<string>((resolve) => {
      let said = ''
      process.stderr.on('data', (chunk) => {
        said += chunk
        const found = /ws:\S+/.exec(said)
        if (found) resolve(found[0])
      })
    })
    const socket = new WebSocket(url)
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    return new RawChromium(socket, async () => {
      socket.close()
      process.kill()
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 20 })
    })
  }

  /** Opens a tab in front of the others, which are hidden then. */
  async openTab(url: string): Promise<RawTab> {
    const { targetId } = await this.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
    await this.send('Target.activateTarget', { targetId })
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    })
    await this.send('Page.navigate', { url }, sessionId)
    const tab = new RawTab(this, sessionId)
    await tab.evaluate(
      'new Promise((loaded) => document.readyState === "complete" ? loaded() : onload = loaded)',
    )
    return tab
  }

  send<Result>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#sent
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve, reject) => {
      this.#replies.set(id, ({ result, error }) => {
        this.#replies.delete(id)
        if (error === undefined) resolve(result as Result)
        else reject(new Error(`${method}: ${JSON.stringify(error)}`))
      })
    })
  }

  /** Settles when the tab tells of this next. */
  told(method: string, sessionId: string): Promise<void> {
    return new Promise((resolve) => this.#awaited.set(`${method} of ${sessionId}`, resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
}

export class RawTab {
  readonly #chromium: RawChromium
  readonly #sessionId: string

  constructor(chromium: RawChromium, sessionId: string) {
    this.#chromium = chromium
    this.#sessionId = sessionId
  }

  /** The value of an expression, when its promise has settled. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.#chromium.send<{
      result: { value: Value }
      exceptionDetails?: object
    }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }, this.#sessionId)
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`)
    return result.value
  }

  /** As Chromium does with tabs in the background. Returns what lets it run again, as does the one below. */
  async freeze(): Promise<() => Promise<void>> {
    await this.#send('Page.setWebLifecycleState', { state: 'frozen' })
    return () => this.#send('Page.setWebLifecycleState', { state: 'active' })
  }

  /** Nothing runs in it, and nothing told it so. */
  async stopAtBreakpoint(): Promise<() => Promise<void>> {
    await this.#send('Debugger.enable')
    const paused = this.#chromium.told('Debugger.paused', this.#sessionId)
    await this.#send('Runtime.evaluate', { expression: 'setTimeout(() => { debugger })' })
    await paused
    return () => this.#send('Debugger.resume')
  }

  async #send(method: string, params?: object): Promise<void> {
    await this.#chromium.send(method, params, this.#sessionId)
  }
}
