import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { INSTALLED_PATH } from '../../../testing/test/fixtures/installed.ts'
import { freePort } from './free-port.ts'

type Arguments = (port: number, directory: string) => readonly string[]

/** A real server on a free port, with a directory of its own, to be killed and started again. */
export class BrokerProcess implements AsyncDisposable {
  readonly port: number
  readonly #command: string
  readonly #args: Arguments
  readonly #directory = mkdtempSync(join(memoryDirectory() ?? tmpdir(), 'sse-broker-'))
  #child: ChildProcess | undefined

  private constructor(command: string, port: number, args: Arguments) {
    this.#command = command
    this.port = port
    this.#args = args
  }

  /** Every write is on the disk before it is answered. With `everysec`, a kill may lose the last two seconds: Redis writes late while it syncs. */
  static async redis(): Promise<BrokerProcess> {
    return BrokerProcess.#begin('redis-server', (port, directory) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--loglevel', 'warning'],
    ])
  }

  static async nats(): Promise<BrokerProcess> {
    return BrokerProcess.#begin('nats-server', (port, directory) => [
      ...['-js', '--addr', '127.0.0.1', '--port', String(port), '--store_dir', directory],
    ])
  }

  static async #begin(command: string, args: Arguments): Promise<BrokerProcess> {
    const broker = new BrokerProcess(command, await freePort(), args)
    await broker.start()
    return broker
  }

  async start(): Promise<void> {
    this.#child = spawn(this.#command, this.#args(this.port, this.#directory), {
      stdio: 'ignore',
      env: { ...process.env, PATH: INSTALLED_PATH },
    })
    const exited = once(this.#child, 'exit').then(() => {
      throw new Error(`${this.#command} ended before it listened.`)
    })
    exited.catch(() => {})
    await Promise.race([this.#listening(), exited])
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /** Stops it where it is: it answers nobody, but its connections stay. Settles when it stands still. */
  async freeze(): Promise<void> {
    const { pid } = this.#child ?? {}
    this.#child?.kill('SIGSTOP')
    while (pid !== undefined && !isStopped(pid)) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Forgets all it had: what a server without a disk does when it restarts. */
  async restartEmpty(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
    mkdirSync(this.#directory)
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #listening(): Promise<void> {
    while (!(await accepts(this.port))) await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Linux's files in memory, that outlive a killed server as those on a disk do: but no disk that others use, too, makes it wait for them. */
function memoryDirectory(): string | undefined {
  const directory = '/dev/shm'
  if (!existsSync(directory)) return undefined
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize > 32 * 2 ** 20 ? directory : undefined
}

/** Asked of Linux, of all its threads. Elsewhere nobody knows, and it is believed. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return true
  return readdirSync(tasks).every((task) => /\) T /.test(readFileSync(`${tasks}/${task}/stat`, 'latin1')))
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}
