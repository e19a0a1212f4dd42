import { parseEventStream } from '@sse/core'
import { Command } from 'commander'
import { EXIT } from './exit-code.ts'
import { parseUrl } from './request-options.ts'
import { reasonOf } from './send-command.ts'
import type { Terminal } from './terminal.ts'

interface Step {
  readonly name: string
  /** What was seen, in a few words. Throws what is wrong. */
  run(base: URL, signal: AbortSignal): Promise<string>
}

const STEP_TIMEOUT_MS = 10_000

/** `sse check`: whether a server that is laid out like the demo does all that it should. */
export function checkCommand(terminal: Terminal): Command {
  return new Command('check')
    .description('Checks a server laid out like the demo: health, the streams, a channel, a broadcast.')
    .argument('[url]', 'its address', parseUrl, new URL('http://localhost:8000'))
    .action((url: URL) => check(url, terminal))
}

export async function check(url: URL, terminal: Terminal): Promise<void> {
  for (const { name, run } of STEPS) {
    const startedAt = performance.now()
    const signal = AbortSignal.any([terminal.signal, AbortSignal.timeout(STEP_TIMEOUT_MS)])
    try {
      const seen = await run(url, signal)
      const took = terminal.paint('dim', `${Math.round(performance.now() - startedAt)} ms`)
      await terminal.out(`${terminal.paint('green', '✓')} ${name.padEnd(10)} ${seen}  ${took}\n`)
    } catch (error) {
      if (terminal.signal.aborted) return
      const reason = signal.aborted ? `nothing in ${STEP_TIMEOUT_MS / 1_000} s` : reasonOf(error)
      await terminal.out(`${terminal.paint('red', '✗')} ${name.padEnd(10)} ${reason}\n`)
      terminal.exit(EXIT.failed)
    }
  }
}

const STEPS: readonly Step[] = [
  {
    name: 'health',
    async run(base, signal) {
      const health = await (await ok(fetch(new URL('/health', base), { signal }))).json()
      if (health.status !== 'ok') throw new Error(`it says ${JSON.stringify(health)}`)
      return `up for ${Math.round(health.uptimeSeconds)} s, with ${health.streams} streams`
    },
  },
  {
    name: 'stream',
    run: (base, signal) => firstEvents(new URL('/stream', base), signal, ['connected', 'message']),
  },
  {
    name: 'metrics',
    run: (base, signal) => firstEvents(new URL('/metrics', base), signal, ['metrics']),
  },
  {
    name: 'channel',
    async run(base, signal) {
      const channel = `check-${crypto.randomUUID().slice(0, 8)}`
      const message = 'Is anybody there?'
      const response = await ok(fetch(new URL(`/realtime/${channel}`, base), { signal }))
      for await (const event of parseEventStream(response, { signal })) {
        if (event.type === 'connected') {
          const body = JSON.stringify({ message, channel, event: 'check' })
          const headers = { 'content-type': 'application/json' }
          await ok(fetch(new URL('/api/broadcast', base), { method: 'POST', headers, body, signal }))
        } else if (event.type === 'check' && JSON.parse(event.data).message === message) {
          return `a broadcast came back with the id ${event.lastEventId}`
        }
      }
      throw new Error('the stream ended before the broadcast came')
    },
  },
]

async function firstEvents(url: URL, signal: AbortSignal, types: readonly string[]): Promise<string> {
  const missing = new Set(types)
  let events = 0
  for await (const { type } of parseEventStream(await ok(fetch(url, { signal })), { signal })) {
    events++
    missing.delete(type)
    if (missing.size === 0) return `${types.join(' and ')} among the first ${events}`
  }
  throw new Error(`the stream ended without ${[...missing].join(', ')}`)
}

async function ok(request: Promise<Response>): Promise<Response> {
  const response = await request
  if (!response.ok) throw new Error(`${response.status} ${response.statusText} at ${response.url}`)
  return response
}
