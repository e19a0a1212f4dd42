import { createShutdown } from '@sse/server'
import { createDemo } from './demo.ts'
import { listen } from './listen.ts'
import { readSettings } from './settings.ts'

try {
  const settings = readSettings(process.env)
  const demo = createDemo(settings)
  const port = await listen(demo.server, settings)
  const shown = settings.host === '127.0.0.1' ? 'localhost' : settings.host
  if (settings.port === undefined && port !== 8000)
    process.stdout.write(`Port 8000 is taken, so this is port ${port}.\n`)
  process.stdout.write(`The demo runs at http://${shown}:${port}  (Ctrl-C stops it)\n`)

  createShutdown(demo.server, { graceMs: 3_000 })
  demo.server.once('close', () => void demo.close())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
