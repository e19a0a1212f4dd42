import { once } from 'node:events'
import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'
import { turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { createShutdown, forwardShutdownSignals } from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import { never } from './fake-sink.ts'
import { gone, ShutdownServer } from './shutdown-server.ts'

/** One that nothing else here waits for, and that tests can send themselves. */
const SIGNAL = 'SIGUSR2'
const stream = { content: () => never(), shutdownGraceMs: 1_000 }

/** Sends a real signal to this process, and settles when it has been handled. */
async function send(): Promise<void> {
  const handled = new Promise<void>((resolve) => process.once(SIGNAL, () => resolve()))
  process.kill(process.pid, SIGNAL)
  await handled
}

const listeners = (): number => process.listenerCount(SIGNAL)

describe('a signal', () => {
  it('begins the drain, and the listener is gone after it', async () => {
    await using server = await ShutdownServer.start({ '/': stream }, { signals: [SIGNAL] })
    using client = await server.open()
    await send()
    expect(server.shutdown.draining).toBe(true)
    server.clock.advance(1_000)
    await gone(client)
    await server.drained()
    expect(client.responses[0]?.complete).toBe(true)
    expect(listeners()).toBe(0)
  })

  it('that comes again cuts off what is left', async () => {
    await using server = await ShutdownServer.start({ '/': stream }, { signals: [SIGNAL] })
    using client = await server.open()
    await send()
    await turns(1)
    await send()
    await server.drained()
    await gone(client)
    expect(client.responses[0]?.complete).toBe(false)
    expect(server.reasons).toEqual(['shutdown'])
    expect(server.clock.now()).toBe(0)
  })

  it('drains all servers that wait for it', async () => {
    await using one = await ShutdownServer.start({ '/': stream }, { signals: [SIGNAL] })
    await using two = await ShutdownServer.start({ '/': stream }, { signals: [SIGNAL, 'SIGHUP'] })
    await using other = await ShutdownServer.start({ '/': stream }, { signals: ['SIGHUP'] })
    await send()
    // With nothing open, these are drained before anyone looks.
    await Promise.all([one.drained(), two.drained()])
    expect([one, two, other].map(({ server }) => server.listening)).toEqual([false, false, true])
  })

  it('does nothing with signals: false; the drain by hand does', async () => {
    const drain = createShutdown(createServer(), { signals: [SIGNAL] })
    await using server = await ShutdownServer.start({ '/': stream }, { signals: false })
    using client = await server.open()
    await send()
    await turns(10)
    server.clock.advance(60_000)
    expect(server.ends).toEqual([])
    expect(client.ended).toBe(false)
    const drained = server.shutdown.drain()
    server.clock.advance(1_000)
    await drained
    await gone(client)
    drain[Symbol.dispose]()
  })

  it('cuts off a drain that was begun by hand', async () => {
    await using server = await ShutdownServer.start({ '/': stream }, { signals: [SIGNAL] })
    using client = await server.open()
    void server.shutdown.drain()
    await turns(1)
    await send()
    await gone(client)
    expect(client.responses[0]?.complete).toBe(false)
  })

  it('by which the app has begun the drain itself is not another one', async () => {
    let drained: Promise<void> | undefined
    await using server = await ShutdownServer.start(
      { '/': stream },
      {
        get signals() {
          // The app listens first.
          process.once(SIGNAL, () => {
            drained = server.shutdown.drain()
          })
          return [SIGNAL] as const
        },
      },
    )
    using client = await server.open()
    await send()
    await turns(1)
    expect(server.ends).toEqual([])
    server.clock.advance(1_000)
    await drained
    await gone(client)
    expect(client.responses[0]?.complete).toBe(true)
  })
})

describe('the listeners on the process', () => {
  it('are one for each signal, with 50 servers, and none when the last shutdown is disposed of', () => {
    using warnings = captureWarnings()
    const shutdowns = Array.from({ length: 50 }, () =>
      createShutdown(createServer(), { signals: [SIGNAL, 'SIGHUP'] }),
    )
    expect(listeners()).toBe(1)
    expect(process.listenerCount('SIGHUP')).toBe(1)
    for (const shutdown of shutdowns.slice(1)) shutdown[Symbol.dispose]()
    expect(listeners()).toBe(1)
    shutdowns[0]?.[Symbol.dispose]()
    shutdowns[0]?.[Symbol.dispose]()
    expect(listeners()).toBe(0)
    expect(process.listenerCount('SIGHUP')).toBe(0)
    expect(warnings.all).toEqual([])
  })

  it('keep no worker thread alive that has nothing else to do', async () => {
    const worker = new Worker(
      `import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)})
        .then(({ createShutdown }) => createShutdown(require('node:http').createServer()))`,
      { eval: true, execArgv: ['--no-warnings'] },
    )
    expect(await once(worker, 'exit')).toEqual([0])
  })

  it('are those of SIGTERM and SIGINT by default', () => {
    const counts = (): number[] =>
      ['SIGTERM', 'SIGINT', 'SIGHUP'].map((signal) => process.listenerCount(signal))
    const [terminate = 0, interrupt = 0, hangUp = 0] = counts()
    using _ = createShutdown(createServer())
    expect(counts()).toEqual([terminate + 1, interrupt + 1, hangUp])
  })

  it('of 100 streams are no more than those of one', async () => {
    using warnings = captureWarnings()
    await using server = await ShutdownServer.start({ '/': stream }, { signals: [SIGNAL] })
    const serverListeners = (): number[] =>
      server.server.eventNames().map((name) => server.server.listenerCount(name))
    const before = serverListeners()
    const clients = await Promise.all(Array.from({ length: 100 }, () => server.open()))
    expect(listeners()).toBe(1)
    expect(serverListeners()).toEqual(before)
    const drained = server.shutdown.drain()
    server.clock.advance(1_000)
    await drained
    await Promise.all(clients.map(gone))
    expect(warnings.all).toEqual([])
  })

  it('of a shutdown that is disposed of in the middle of the drain are gone, and the drain goes on', async () => {
    await using server = await ShutdownServer.start({ '/': stream }, { signals: [SIGNAL] })
    using client = await server.open()
    const drained = server.shutdown.drain()
    server.shutdown[Symbol.dispose]()
    expect(listeners()).toBe(0)
    server.clock.advance(1_000)
    await drained
    await gone(client)
    expect(client.responses[0]?.complete).toBe(true)
  })
})

describe('forwardShutdownSignals', () => {
  it('waits for two signals, and then leaves the next one its default effect', async () => {
    using _ = forwardShutdownSignals([SIGNAL])
    await send()
    expect(listeners()).toBe(1)
    await send()
    expect(listeners()).toBe(0)
  })

  it('stops when it is disposed of, and refuses what is no signal', async () => {
    forwardShutdownSignals([SIGNAL])[Symbol.dispose]()
    await expect.poll(() => listeners()).toBe(0)
    expect(() => forwardShutdownSignals(['SIGSTOP'])).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  })
})
