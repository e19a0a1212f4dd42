/**
 * The law of a reader on real sockets: a `Channel` of `@sse/server` behind a proxy that cuts, resets and freezes connections
 * at random bytes; a server that restarts, with another epoch; a retention that is short. Every other schedule is compressed.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseGap } from '@sse/core'
import { Channel, EventSourceResponse } from '@sse/server'
import { seeded } from '@sse/testing'
import { faultProxy } from '@sse/testing/node'
import { expect, it } from 'vitest'
import { createEventSource, exponentialBackoff } from '../src/index.ts'
import { patientClock } from './patient-clock.ts'
import { ReaderLaw } from './reader-law.ts'

const { CI } = process.env
const SCHEDULES = CI === undefined || CI === '' ? 20 : 50

function newChannel(seed: number): Channel {
  const compression = seed % 2 === 0 ? 'auto' : false
  return new Channel(undefined, { retention: { events: 8 }, compression })
}

function publish(channel: Channel): void {
  const [epoch, offset] = channel.lastEventId.split('-')
  channel.publish('message', `${epoch} ${Number(offset) + 1}`)
}

async function run(seed: number): Promise<ReaderLaw> {
  const random = seeded(seed)
  const law = new ReaderLaw()
  let channel = newChannel(seed)
  const server = createServer(
    (req, res) => void new EventSourceResponse(channel, { pingIntervalMs: 30 }).send(req, res),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await using proxy = await faultProxy({
    target: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    seed,
    faults: ({ random }) => {
      const how = (['fin', 'reset', 'half-open', undefined] as const)[Math.floor(random() * 4)]
      // Past the head and the announcement of pings, or one that freezes on the first connection is never found out.
      const afterBytes = (law.seen.has('comment') ? 0 : 500) + Math.floor(random() * 800)
      return how === undefined ? undefined : { cut: { afterBytes, how } }
    },
  })
  const source = createEventSource(proxy.url, {
    clock: patientClock,
    random,
    lastEventId: channel.lastEventId,
    backoff: exponentialBackoff({ initialMs: 1, maxMs: 20 }),
    healthyAfterMs: 20,
    connectTimeoutMs: 60,
    bufferSize: 3,
  })
  source.observe((happening) => law.happening(happening))
  const iterates = random() < 0.5
  if (iterates) {
    void (async () => {
      for await (const event of source) {
        const gap = parseGap(event)
        if (gap !== undefined) law.gap(gap)
        else law.event(event.data)
        if (random() < 0.1) await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
  } else {
    source.on('message', (data) => law.event(data))
    source.on('gap', (gap) => law.gap(gap))
  }
  for (let step = 0; step < 40; step++) {
    for (let n = Math.floor(random() * 6); n > 0; n--) publish(channel)
    if (random() < 0.03) {
      const former = channel
      channel = newChannel(seed)
      former.close()
    }
    await new Promise((resolve) => setTimeout(resolve, random() * 12))
  }
  proxy.faults = undefined
  publish(channel)
  await expect
    .poll(() => law.position, { message: `schedule ${seed}: ${source}, ${proxy}` })
    .toBe(channel.lastEventId)
  source.close()
  law.closed()
  publish(channel)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return law
}

it(`holds over ${SCHEDULES} random schedules of faults on real sockets`, async () => {
  const seen = new Map<string, number>()
  const seeds = Array.from({ length: SCHEDULES }, (_, index) => index + 1)
  for (let at = 0; at < seeds.length; at += 10) {
    const batch = seeds.slice(at, at + 10)
    for (const [index, law] of (await Promise.all(batch.map(run))).entries()) {
      expect(law.failures, `schedule ${batch[index]}`).toEqual([])
      for (const [what, count] of law.seen) seen.set(what, (seen.get(what) ?? 0) + count)
    }
  }
  for (const what of [
    'event',
    'gap: restarted',
    'gap: evicted',
    'because: network-error',
    'because: stalled',
  ]) {
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(0)
  }
})
