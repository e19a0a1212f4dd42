/**
 * A process with one server, run by shutdown-process.test.ts. It prints a line of JSON when it listens, and one when its
 * server is closed. Options: a JSON object as its only argument.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createShutdown, EventSourceResponse, forwardShutdownSignals } from '../src/index.ts'

interface ProcessOptions {
  readonly graceMs: number
  readonly spreadMs?: number
  /** Default `graceMs`. */
  readonly shutdownGraceMs?: number
  /** How many threads beside the main one have a server. */
  readonly workers?: number
  /** Whether the main thread has none itself. */
  readonly forwardOnly?: boolean
}

const options: ProcessOptions = isMainThread ? JSON.parse(process.argv[2] ?? '{}') : workerData
let signalledAt = 0
/** Sources that have begun, and not run their `finally`. */
let sources = 0

/** How often this thread was let run, and how late: the machine may have other things to do. */
const RESOLUTION_MS = 5
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

const say = (line: object): void => {
  if (isMainThread) process.stdout.write(`${JSON.stringify(line)}\n`)
  else parentPort?.postMessage(line)
}

async function serve(): Promise<void> {
  const reasons: Record<string, number> = {}
  const server = createServer((request, response) => {
    const goodbye = new EventSourceResponse(
      async function* ({ shutdown, signal }) {
        sources++
        try {
          yield 'hello'
          if (request.url === '/ignores') await once(signal, 'abort')
          while (request.url === '/endless') yield 'x'.repeat(100_000)
          while (request.url === '/ticks') yield await setTimeout(10, 'tick', { signal })
          if (!shutdown.aborted) await once(shutdown, 'abort')
          yield { event: 'shutdown', data: 'bye' }
        } finally {
          sources--
        }
      },
      { shutdownGraceMs: options.shutdownGraceMs ?? options.graceMs },
    )
    void goodbye.send(request, response).then(({ reason }) => {
      reasons[reason] = (reasons[reason] ?? 0) + 1
    })
  })
  // One that is given up: the signal must not come twice after it.
  createShutdown(createServer())[Symbol.dispose]()
  createShutdown(server, { graceMs: options.graceMs, spreadMs: options.spreadMs })
  server.once('close', () => {
    const closedMs = performance.now() - signalledAt
    // The streams that were cut off last have not told their end yet, and what kept the close waiting is not counted.
    setTimeout(4 * RESOLUTION_MS).then(() => {
      const lateMs = delays.count * (delays.mean / 1e6 - RESOLUTION_MS)
      say({ closedMs, lateMs, reasons, sources })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  say({ port: (server.address() as AddressInfo).port })
}

if (isMainThread) {
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, () => {
      signalledAt ||= performance.now()
      delays.enable()
    })
  for (let i = 0; i < (options.workers ?? 0); i++)
    new Worker(new URL(import.meta.url), { workerData: options }).on('message', say)
}
if (isMainThread && options.forwardOnly) forwardShutdownSignals()
else await serve()
