import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BrokerName } from '../fixture/shared-channel.ts'

const SERVER = fileURLToPath(new URL('../fixture/server-process.ts', import.meta.url))

/** Server processes that can be killed and started again, each time on another port. */
export class ServerProcesses implements AsyncDisposable {
  readonly #arguments: readonly string[]
  readonly #children: (ChildProcess | undefined)[] = []
  readonly #ports: (number | undefined)[] = []
  /** How many processes were killed that were alive. */
  kills = 0

  private constructor(broker: BrokerName, port: number) {
    this.#arguments = ['--disable-warning=SseWarning', SERVER, broker, String(port)]
  }

  static async start(count: number, broker: BrokerName, port: number): Promise<ServerProcesses> {
    const processes = new ServerProcesses(broker, port)
    await Promise.all(Array.from({ length: count }, (_, i) => processes.start(i)))
    return processes
  }

  /** Of those that listen. */
  get urls(): string[] {
    return this.#ports.filter((port) => port !== undefined).map((port) => `http://127.0.0.1:${port}`)
  }

  async start(i: number): Promise<void> {
    const child = spawn(process.execPath, this.#arguments, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#children[i] = child
    const [port] = await once(child.stdout, 'data')
    this.#ports[i] = Number(port)
  }

  /** Without a word to anybody. */
  async kill(i: number): Promise<void> {
    const child = this.#children[i]
    this.#ports[i] = undefined
    if (child === undefined) return
    const exited = once(child, 'exit')
    if (child.kill('SIGKILL')) this.kills++
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((_, i) => this.kill(i)))
  }
}
