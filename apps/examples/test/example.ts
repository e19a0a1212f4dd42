import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/** A process that runs an example. It is killed at the end of the block that uses it. */
export class Example implements Disposable {
  readonly #child: ChildProcess
  #output = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString()
      })
    }
  }

  /** Puts the example, which names port 3000, on another one, so that tests do not meet, and runs it, or what `change` makes of it. */
  static run(file: URL, port: number, change: (code: string) => string = String): Example {
    const code = change(readFileSync(file, 'utf8')).replaceAll('3000', String(port))
    const cwd = fileURLToPath(new URL('.', file))
    return new Example(spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], { cwd }))
  }

  /** Runs an example of the guide or a demonstration as it is, on a free port, with these settings. */
  static guide(file: string, settings: Readonly<Record<string, string>> = {}): Example {
    const cwd = fileURLToPath(new URL('../', import.meta.url))
    const env = { ...process.env, PORT: '0', ...settings }
    return new Example(spawn(process.execPath, [file], { cwd, env }))
  }

  get output(): string {
    return this.#output
  }

  /** Where it listens, when it has said so. */
  async url(path = ''): Promise<string> {
    await this.printed(/Listening on http:\S+\. Try:/)
    return `${/Listening on (http:\S+)\. Try:/.exec(this.#output)?.[1]}${path}`
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** Settles when it has printed this. */
  async printed(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.#output, { timeout: 120_000 }).toMatch(pattern)
  }

  /** Settles when it has ended by itself. */
  async exitCode(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    return this.#child.exitCode
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}
