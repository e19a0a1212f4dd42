/**
 * A process with one server, run by shutdown-process.test.ts. It prints a line of JSON when it listens, and one when its
 * server is closed. Options: a JSON object as its only argument.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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

/**
 * How many turns of the event loop there were between the end of `graceMs` and the close of the server. Not how long they took: the machine may have other
 * things to do.
 */
let overdueTurns = 0
let isClosed = false

function countTurns(): void {
  if (isClosed) return
  overdueTurns++
  setImmediate(countTurns)
}

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
    isClosed = true
    // The streams that were cut off last have not told their end yet.
    setImmediate(() => say({ closedMs, overdueTurns, reasons, sources }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  say({ port: (server.address() as AddressInfo).port })
}

if (isMainThread) {
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, () => {
      if (signalledAt !== 0) return
      signalledAt = performance.now()
      // Begun behind the timer of the shutdown, and so not over before it.
      process.nextTick(() => void setTimeout(options.graceMs, undefined, { ref: false }).then(countTurns))
    })
  for (let i = 0; i < (options.workers ?? 0); i++)
    new Worker(new URL(import.meta.url), { workerData: options }).on('message', say)
}
if (isMainThread && options.forwardOnly) forwardShutdownSignals()
else await serve()
