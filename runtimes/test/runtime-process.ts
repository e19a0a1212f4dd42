import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const fixture = (name: string): string => fileURLToPath(new URL(`../fixture/${name}`, import.meta.url))
const binary = (name: string): string =>
  fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))

/** How to start a fixture; it says its port on a line of JSON. */
export interface Runtime {
  readonly name: string
  /** Whether it has a zlib by which the server can compress. */
  readonly compresses?: boolean
  /** The command, and what it needs to be cleaned up afterwards. */
  command(directory: string): Promise<readonly string[]>
}

const DENO_PERMISSIONS = ['--allow-net', '--allow-env', '--allow-read', '--no-prompt']

/** Those that serve. */
export const SERVERS: readonly Runtime[] = [
  { name: 'Bun', compresses: true, command: async () => [binary('bun'), fixture('bun.ts')] },
  {
    name: 'Deno',
    compresses: false,
    command: async () => [binary('deno'), 'run', ...DENO_PERMISSIONS, fixture('deno.ts')],
  },
  {
    name: "Cloudflare's workerd",
    compresses: false,
    command: (directory) => workerd(directory, ['enable_request_signal']),
  },
  {
    name: "Cloudflare's workerd with nodejs_compat",
    compresses: true,
    command: (directory) => workerd(directory, ['enable_request_signal', 'nodejs_compat']),
  },
]

async function workerd(directory: string, flags: readonly string[]): Promise<readonly string[]> {
  await build({
    entryPoints: [fixture('workerd.ts')],
    outfile: join(directory, 'worker.js'),
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
  })
  const template = await readFile(fixture('workerd.capnp'), 'utf8')
  const config = join(directory, 'workerd.capnp')
  await writeFile(config, template.replace('FLAGS', JSON.stringify(flags)))
  return [binary('workerd'), 'serve', '--control-fd=1', config]
}

/** Those that read. */
export const CLIENTS: readonly Runtime[] = [
  { name: 'Bun', command: async () => [binary('bun'), fixture('client.ts')] },
  { name: 'Deno', command: async () => [binary('deno'), 'run', ...DENO_PERMISSIONS, fixture('client.ts')] },
]

/** A process of another runtime, which prints JSON line by line. It is killed at the end of the block that uses it. */
export class RuntimeProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #lines: AsyncIterator<string>
  #errors = ''

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child
    this.#directory = directory
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    child.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
  }

  static async start(runtime: Runtime, ...more: readonly string[]): Promise<RuntimeProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'sse-runtime-'))
    const [command = '', ...given] = await runtime.command(directory)
    // A group of its own: what npm installs may be a script that starts the runtime, which would go on when only the script is killed.
    return new RuntimeProcess(spawn(command, [...given, ...more], { detached: true }), directory)
  }

  /** The next line that it prints. */
  async line<T>(): Promise<T> {
    const { done, value } = await this.#lines.next()
    if (done) throw new Error(`The process has ended without a word. ${this.#errors}`)
    return JSON.parse(value) as T
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const exited = once(this.#child, 'exit')
      process.kill(-pid, 'SIGKILL')
      await exited
    }
    await rm(this.#directory, { recursive: true, force: true })
  }
}
