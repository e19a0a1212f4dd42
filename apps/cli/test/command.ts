import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The command `sse` as a process. It is killed at the end of the block that uses it. */
export class SseCommand implements Disposable {
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>
  out = ''
  err = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.on('data', (chunk: Buffer) => {
      this.out += chunk
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      this.err += chunk
    })
    this.#exit = new Promise((resolve) => child.once('close', resolve))
  }

  static run(...args: readonly string[]): SseCommand {
    return new SseCommand(spawn(process.execPath, [MAIN, ...args]))
  }

  /** In a terminal of its own, that of `script` from util-linux. */
  static inTerminal(...args: readonly string[]): SseCommand {
    // In the place of the shell, which would end with the code of a Ctrl-C that was not for it.
    const command = `exec ${[process.execPath, MAIN, ...args].map((arg) => `'${arg}'`).join(' ')}`
    const env = { ...process.env, TERM: 'xterm', FORCE_COLOR: '0' }
    return new SseCommand(spawn('script', ['-qefc', command, '/dev/null'], { env }))
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys)
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** As `| head` does when it has enough. */
  closeOutput(): void {
    this.#child.stdout?.destroy()
  }

  async printed(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.out).toMatch(pattern)
  }

  /** Settles when it has ended by itself. */
  exitCode(): Promise<number | null> {
    return this.#exit
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}
