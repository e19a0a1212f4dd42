import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The demo in a process of its own, as `npm start` runs it. */
export class DemoProcess implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(url: string, child: ChildProcess) {
    this.url = url
    this.#child = child
  }

  static async start(env: Record<string, string> = {}, ...args: string[]): Promise<DemoProcess> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, PORT: '0', ...env },
      stdio: 'pipe',
    })
    const output = await new Promise<string>((resolve, reject) => {
      let printed = ''
      const read = (chunk: Buffer): void => {
        printed += chunk.toString()
        if (printed.includes('runs at')) resolve(printed)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      // With 'exit' it may not have been read yet what it printed last.
      child.once('close', (code) => reject(new Error(`The demo ended with code ${code}:\n${printed}`)))
    })
    const url = /runs at (\S+)/.exec(output)?.[1]
    if (url === undefined) throw new Error(`No address in what the demo printed:\n${output}`)
    return new DemoProcess(url, child)
  }

  get port(): string {
    return new URL(this.url).port
  }

  /** Ends it with a signal, and settles with its exit code once it is gone. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await exited
    return code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}
