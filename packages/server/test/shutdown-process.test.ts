import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Http1Client } from './http1-client.ts'
import { bodyOf, gone, retryOf } from './shutdown-server.ts'

const PROCESS = fileURLToPath(new URL('shutdown-process.ts', import.meta.url))

interface Closed {
  /** How long it took from the signal to the close of the server. */
  readonly closedMs: number
  /** How many turns of the event loop there were between the end of `graceMs` and that. */
  readonly overdueTurns: number
  readonly reasons: Readonly<Record<string, number>>
  /** How many sources were not cleaned up. */
  readonly sources: number
}

/** A process of shutdown-process.ts. */
class ServerProcess implements Disposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown[]>
  readonly ports: number[] = []
  readonly closed: Closed[] = []
  errors = ''

  constructor(options: object) {
    this.#child = spawn(process.execPath, [
      '--no-warnings=ExperimentalWarning',
      PROCESS,
      JSON.stringify(options),
    ])
    // Not 'exit': what it has said last would still be on its way.
    this.#exited = once(this.#child, 'close')
    let rest = ''
    this.#child.stdout?.on('data', (text: Buffer) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const said = JSON.parse(line)
        if ('port' in said) this.ports.push(said.port)
        else this.closed.push(said)
      }
    })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.errors += text
    })
  }

  async listening(servers: number): Promise<void> {
    await expect
      .poll(() => this.ports.length === servers || this.errors !== '', { message: 'the servers listen' })
      .toBe(true)
    expect(this.errors).toBe('')
  }

  async open(count: number, path = '/', port = this.ports[0] as number): Promise<Http1Client[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const client = (await Http1Client.connect(port)).send('GET', path).read()
        await client.response(0, ({ body }) => body.includes('hello'))
        return client
      }),
    )
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** The exit code, and the signal that ended it. */
  async exit(): Promise<{ code: unknown; signal: unknown }> {
    const [code, signal] = await this.#exited
    return { code, signal }
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

async function expectFarewells(clients: readonly Http1Client[]): Promise<void> {
  await Promise.all(clients.map(gone))
  for (const client of clients) {
    expect(bodyOf(client)).toMatch(/retry: \d+\n\nevent: shutdown\ndata: bye\n\n$/)
    expect(client.responses[0]?.complete).toBe(true)
  }
}

describe('a process that gets SIGTERM', () => {
  it('with 1,000 open streams: each client gets its farewell and its own retry; it ends with code 0', async () => {
    using server = new ServerProcess({ graceMs: 60_000 })
    await server.listening(1)
    const clients = await server.open(1_000)
    server.kill('SIGTERM')
    expect(await server.exit()).toEqual({ code: 0, signal: null })
    await expectFarewells(clients)
    const retries = clients.map((client) => retryOf(client) as number)
    // 1,000 draws from 3,000 values leave about 850 different ones.
    expect(new Set(retries).size).toBeGreaterThan(700)
    expect(Math.min(...retries)).toBeGreaterThanOrEqual(3_000)
    expect(Math.max(...retries)).toBeLessThanOrEqual(6_000)
    expect(server.closed).toMatchObject([{ reasons: { shutdown: 1_000 }, sources: 0 }])
    // They end by themselves; the grace is not used up.
    expect(server.closed[0]?.closedMs).toBeLessThan(4_000)
    expect(server.errors).toBe('')
  })

  it('with streams that ignore it, and clients that take nothing: all is closed as soon as graceMs is over', async () => {
    using server = new ServerProcess({ graceMs: 600, shutdownGraceMs: 200, spreadMs: 200 })
    await server.listening(1)
    const ignoring = await server.open(1_000, '/ignores')
    const stalled = await server.open(5, '/endless')
    for (const client of stalled) client.stall()
    const polite = await server.open(5)
    server.kill('SIGTERM')
    expect(await server.exit()).toEqual({ code: 0, signal: null })
    await expectFarewells(polite)
    await Promise.all(ignoring.map(gone))
    expect(ignoring.every((client) => client.responses[0]?.complete)).toBe(true)
    expect(new Set(ignoring.map(retryOf)).size).toBeGreaterThan(700)
    expect(server.closed).toMatchObject([{ reasons: { shutdown: 1_010 } }])
    expect(server.closed[0]?.closedMs).toBeGreaterThan(590)
    expect(server.closed[0]?.overdueTurns).toBeLessThan(20)
    expect(server.errors).toBe('')
  })

  it('and another one cuts off what is left', async () => {
    using server = new ServerProcess({ graceMs: 60_000 })
    await server.listening(1)
    const ignoring = await server.open(3, '/ignores')
    const polite = await server.open(1)
    server.kill('SIGTERM')
    // It is draining.
    await expectFarewells(polite)
    server.kill('SIGINT')
    expect(await server.exit()).toEqual({ code: 0, signal: null })
    await Promise.all(ignoring.map(gone))
    expect(ignoring.map((client) => client.responses[0]?.complete)).toEqual([false, false, false])
  })
})

describe('a process that gets SIGINT, as by Ctrl-C', () => {
  it('ends its clients’ streams, cleans up their sources, and has nothing left to do: it ends with code 0', async () => {
    using server = new ServerProcess({ graceMs: 60_000, shutdownGraceMs: 50 })
    await server.listening(1)
    const polite = await server.open(3)
    const others = [...(await server.open(3, '/ticks')), ...(await server.open(3, '/ignores'))]
    server.kill('SIGINT')
    expect(await server.exit()).toEqual({ code: 0, signal: null })
    await expectFarewells(polite)
    await Promise.all(others.map(gone))
    expect(others.every((client) => client.responses[0]?.complete)).toBe(true)
    expect(server.closed).toMatchObject([{ reasons: { shutdown: 9 }, sources: 0 }])
    expect(server.errors).toBe('')
  })
})

describe('a process with worker threads that gets one SIGTERM', () => {
  it.each([
    ['and a server in the main thread', { workers: 3 }, 4],
    ['and none in the main thread', { workers: 3, forwardOnly: true }, 3],
  ])('%s drains all of them, and ends with code 0', async (_, options, servers) => {
    using server = new ServerProcess({ graceMs: 60_000, ...options })
    await server.listening(servers)
    const clients = await Promise.all(server.ports.map((port) => server.open(20, '/', port)))
    server.kill('SIGTERM')
    expect(await server.exit()).toEqual({ code: 0, signal: null })
    await expectFarewells(clients.flat())
    expect(server.closed.map(({ reasons }) => reasons)).toEqual(Array(servers).fill({ shutdown: 20 }))
    expect(server.errors).toBe('')
  })
})
