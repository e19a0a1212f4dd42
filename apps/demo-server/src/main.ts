import cluster from 'node:cluster'
import { parseArgs } from 'node:util'
import { createShutdown } from '@sse/server'
import { connectBrokers } from './brokers.ts'
import { createDemo } from './demo.ts'
import { listen } from './listen.ts'
import { readSettings, type Settings } from './settings.ts'
import { PUBLISHES, runWorkers } from './workers.ts'

try {
  const { workers } = parseArgs({ options: { workers: { type: 'string' } } }).values
  const settings = readSettings(process.env, workers)
  if (cluster.isPrimary && settings.workers > 1) runWorkers(settings.workers)
  else await serve(settings)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function serve(settings: Settings): Promise<void> {
  const publishes = process.env[PUBLISHES] !== 'no'
  const demo = createDemo({ ...settings, brokers: await connectBrokers(settings), publishes })
  const port = await listen(demo.server, settings)
  if (publishes) announce(settings, port)
  if (cluster.isWorker) process.on('SIGINT', () => {})
  createShutdown(demo.server, { graceMs: 3_000, ...(cluster.isWorker && { signals: ['SIGTERM'] }) })
  demo.server.once('close', async () => {
    await demo.close()
    if (cluster.isWorker) process.disconnect()
  })
}

function announce(settings: Settings, port: number): void {
  const shown = settings.host === '127.0.0.1' ? 'localhost' : settings.host
  if (settings.port === undefined && port !== 8000)
    process.stdout.write(`Port 8000 is taken, so this is port ${port}.\n`)
  const shared = settings.workers > 1 ? ` in ${settings.workers} processes` : ''
  process.stdout.write(`The demo runs at http://${shown}:${port}${shared}  (Ctrl-C stops it)\n`)
}
