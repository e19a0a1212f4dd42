import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { tellSkipped } from '../../../packages/testing/test/fixtures/installed.ts'

/** Debian keeps the programs of each version of the server in a folder of its own, off the PATH. */
const DEBIAN = '/usr/lib/postgresql'
const PLACES = [
  ...(existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : []),
  ...(process.env['PATH'] ?? '').split(delimiter),
]

const programs = PLACES.find((folder) => existsSync(join(folder, 'initdb')))

/** Whether this machine has a PostgreSQL to test with. */
export const postgresInstalled: boolean = programs !== undefined

if (!postgresInstalled) {
  const why = 'No PostgreSQL server was found. Install it (apt-get install postgresql).'
  tellSkipped('all tests with a real PostgreSQL', why)
}

/** A server of its own, with its data in a folder that is gone afterwards. It listens on a socket in that folder, on no port. */
export class Postgres implements AsyncDisposable {
  /** What `DATABASE_URL` is set to. */
  readonly url: string
  readonly #folder: string
  #server: ChildProcess | undefined

  private constructor(folder: string) {
    this.#folder = folder
    this.url = `postgresql://postgres@/postgres?host=${folder}`
  }

  static async start(): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'sse-postgres-'))
    const { uid, gid } = unprivileged()
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
    const data = join(folder, 'data')
    const init = run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'])
    let said = ''
    for (const stream of [init.stdout, init.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
    }
    const [code] = await once(init, 'close')
    if (code !== 0) throw new Error(`initdb failed:\n${said}`)
    const postgres = new Postgres(folder)
    await postgres.restart()
    return postgres
  }

  /** Settles when it takes connections. */
  async restart(): Promise<void> {
    // What was committed is with the operating system; only the machine's own crash would lose it without fsync.
    const settings = ['listen_addresses=', 'fsync=off', 'max_connections=50']
    const server = run('postgres', [
      '-D',
      join(this.#folder, 'data'),
      '-k',
      this.#folder,
      ...settings.flatMap((setting) => ['-c', setting]),
    ])
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      let said = ''
      server.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes('ready to accept connections')) resolve()
      })
      server.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${said}`)))
    })
  }

  /** As in a crash: connections break where they are, nothing is finished or written, and the next start has to recover. */
  async crash(): Promise<void> {
    await this.#end('SIGQUIT')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined || server.exitCode !== null) return
    server.kill(signal)
    await once(server, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Waits for all who are connected: a connection that was left open is seen here.
    await this.#end('SIGTERM')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function run(program: string, args: readonly string[]): ChildProcess {
  if (programs === undefined) throw new Error('PostgreSQL is not installed.')
  const options: SpawnOptions = {
    ...unprivileged(),
    cwd: '/',
    // Its messages are waited for.
    env: { ...process.env, LC_ALL: 'C' },
  }
  return spawn(join(programs, program), args, options)
}

/** Whom it runs as: it refuses to run as root, as which containers run tests. */
function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (kind: '-u' | '-g'): number =>
    Number(execFileSync('id', [kind, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
