import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** As it is built, because the syntax of the sources is newer than the oldest Node that it runs on. */
export const PROGRAM: string = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** The command line as a process of its own. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess
  stdout = ''
  stderr = ''
  readonly #waiting: (() => void)[] = []
  #isOver = false

  constructor(...args: string[]) {
    // Without a terminal, and with no wish for colours.
    const { FORCE_COLOR: _, ...env } = process.env
    this.#process = spawn(process.execPath, ['--no-warnings', PROGRAM, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text
      this.#changed()
    })
    this.#process.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text
      this.#changed()
    })
    this.#process.on('close', () => {
      this.#isOver = true
      this.#changed()
    })
  }

  /** Until it has printed a match of this. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout)
      if (found !== null) return found
      if (this.#isOver)
        throw new Error(`It ended, and never printed ${pattern}: ${this.stdout}${this.stderr}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  /** The exit code, or the signal that ended it. */
  async ended(): Promise<number | string | null> {
    if (!this.#isOver) await once(this.#process, 'close')
    return this.#process.exitCode ?? this.#process.signalCode
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended()
  }
}
