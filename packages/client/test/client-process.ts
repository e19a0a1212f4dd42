/**
 * What the tests of leaks and lifetimes run in a process of its own: `client-process.ts <what> <url>`. Node runs this file as it
 * stands, the oldest one too, which has no `using`.
 */
import { getEventListeners } from 'node:events'
import { scriptedFetch, stall } from '@sse/testing'
import { scriptedServer } from '@sse/testing/node'
import { constantBackoff, createEventSource } from '../src/index.ts'

declare const gc: () => void

const LONG_MS = 1_000_000

const [, , what = '', url = ''] = process.argv

function say(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

async function collected(): Promise<{ heap: number; handles: string }> {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    gc()
  }
  return { heap: process.memoryUsage().heapUsed, handles: activeHandles() }
}

function activeHandles(): string {
  return process.getActiveResourcesInfo().toSorted().join()
}

/** Opens and closes sources, at whatever they are at, many at a time. */
async function cycles(count: number, serverUrl: string, signal: AbortSignal): Promise<void> {
  const one = async (index: number): Promise<void> => {
    const source = createEventSource(index % 5 === 4 ? 'http://127.0.0.1:1/' : serverUrl, {
      signal,
      lastEventId: String(index),
    })
    const stop = source.on('message', () => {})
    const iteration = source[Symbol.asyncIterator]()
    source.observe(() => {})
    if (index % 5 === 1) await source.ready()
    if (index % 5 === 2) await iteration.next()
    if (index % 5 === 3) await new Promise((resolve) => source.once('message', resolve))
    if (index % 5 === 4) await new Promise((resolve) => setTimeout(resolve, 2))
    stop()
    source.close()
    await source.closed
  }
  for (let at = 0; at < count; at += 50)
    await Promise.all(Array.from({ length: 50 }, (_, index) => one(at + index)))
}

switch (what) {
  case 'cycles': {
    const { signal } = new AbortController()
    const server = await scriptedServer(() => [': open\n\n', 'id: 1\ndata: a\n\n', stall()])
    const idle = activeHandles()
    const rest = async (count: number): Promise<{ heap: number; handles: string }> => {
      await cycles(count, server.url, signal)
      // What the runtime still has to close, it closes in its own time. What is never closed is told.
      const patientUntil = performance.now() + 60_000
      const isBusy = (): boolean => server.connections > 0 || activeHandles() !== idle
      while (isBusy() && performance.now() < patientUntil)
        await new Promise((resolve) => setTimeout(resolve, 5))
      // What the server itself remembers is not ours.
      server.forget()
      return collected()
    }
    const before = await rest(2_000)
    const after = await rest(8_000)
    say({ idle, before, after, listeners: getEventListeners(signal, 'abort').length })
    await server[Symbol.asyncDispose]()
    break
  }
  case 'comments': {
    // 128 MiB of them.
    const chunk = new TextEncoder().encode(': nothing to say\n'.repeat(4_096))
    let left = Math.ceil((128 * 1024 * 1024) / chunk.length)
    function* comments(): Generator<Uint8Array> {
      while (left-- > 0) yield chunk
    }
    const fetch = scriptedFetch([comments()])
    const before = await collected()
    let peak = 0
    const source = createEventSource('/', { fetch, method: 'POST' })
    source.observe(({ type }) => {
      if (type === 'bytes') peak = Math.max(peak, process.memoryUsage().heapUsed)
    })
    source.on('message', () => {})
    await source.closed
    const after = await collected()
    say({ before: before.heap, peak, after: after.heap })
    break
  }
  case 'closed': {
    // A timer that is left would hold the process for longer than any test waits.
    const source = createEventSource(url, { stallTimeoutMs: LONG_MS })
    await new Promise((resolve) => source.once('message', resolve))
    source.close()
    break
  }
  case 'closed while waiting': {
    const source = createEventSource(url, { backoff: constantBackoff(LONG_MS) })
    source.observe((happening) => {
      if (happening.type === 'state' && happening.state.status === 'waiting')
        setTimeout(() => source.close(), 20)
    })
    break
  }
  default: {
    const source = createEventSource(url, {
      backoff: constantBackoff(60_000),
    })
    source.on('message', () => {})
    source.observe((happening) => happening.type === 'state' && say({ status: happening.state.status }))
  }
}
