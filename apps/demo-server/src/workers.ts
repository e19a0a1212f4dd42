import cluster, { type Worker } from 'node:cluster'

/** What is told to the one worker that publishes what the demo says by itself: it is said once, however many there are. */
export const PUBLISHES = 'SSE_DEMO_PUBLISHES'

/**
 * Runs the demo in several processes on one port, and starts another one for each that dies. On SIGTERM or Ctrl-C all of them drain; once more, and
 * they are cut off.
 */
export function runWorkers(count: number): void {
  // Ctrl-C in a terminal reaches all processes at once. The workers wait for the word of this one.
  let ending = false
  const end = (): void => {
    ending = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM')
  }
  process.on('SIGTERM', end).on('SIGINT', end)

  const start = (number: number, port: string | undefined): Worker => {
    let cameUp = false
    const worker = cluster.fork({
      [PUBLISHES]: number === 1 ? 'yes' : 'no',
      ...(port !== undefined && { PORT: port }),
    })
    worker.once('listening', () => {
      cameUp = true
    })
    worker.once('exit', (code) => {
      if (ending) return
      // One that has not come up has said why, and another would not either.
      if (cameUp) start(number, port)
      else {
        process.exitCode = code || 1
        end()
      }
    })
    return worker
  }
  // The first one finds a free port, and the others share it. Port 0 is the same free port for all.
  start(1, undefined).once('listening', ({ port }) => {
    const shared = process.env['PORT'] === '0' ? '0' : String(port)
    for (let number = 2; number <= count; number++) start(number, shared)
  })
}
