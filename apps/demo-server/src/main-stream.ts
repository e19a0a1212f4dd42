import { freemem, loadavg, totalmem } from 'node:os'
import type { DemoChannel } from './channels.ts'

/** What the main channel tells by itself, and how often. All of it is measured on this machine when it is sent. */
export function startMainStream(channel: DemoChannel, streams: () => number): () => void {
  const at = (): string => new Date().toISOString()
  const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
  let messages = 0

  // What could not be published is old by the time that it could be.
  const every = (ms: number, publish: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => void publish().catch(() => {}), ms).unref()
  const timers = [
    every(2_000, async () => {
      messages++
      await channel.publish('message', {
        text: `Message ${messages}, sent to ${plural(streams(), 'stream')}`,
        at: at(),
      })
    }),
    every(4_000, async () => {
      await channel.publish('sensor', {
        name: 'load',
        value: loadavg()[0] ?? 0,
        unit: 'runnable processes',
        at: at(),
      })
    }),
    every(5_000, async () => {
      await channel.publish('heartbeat', { uptimeSeconds: Math.round(process.uptime()), at: at() })
    }),
    every(8_000, async () => {
      const used = Math.round((1 - freemem() / totalmem()) * 100)
      await channel.publish('notification', {
        title: 'Server status',
        body: `Memory in use: ${used} %. Kept for those who reconnect: ${plural(channel.retained.events, 'event')}, ${channel.retained.bytes} bytes.`,
        at: at(),
      })
    }),
  ]
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}
