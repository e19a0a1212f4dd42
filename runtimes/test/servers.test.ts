import { setTimeout as sleep } from 'node:timers/promises'
import { record } from '@sse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RuntimeProcess, SERVERS } from './runtime-process.ts'

/** Another runtime's process may have to wait for its turn on a busy machine. */
const PATIENT = { timeoutMs: 60_000 }

interface State {
  readonly taken: number
  readonly closed: number
  readonly subscribers: number
  readonly reasons: readonly string[]
}

describe.each(SERVERS)('the web face on $name', (runtime) => {
  let server: RuntimeProcess
  let url: string
  beforeAll(async () => {
    server = await RuntimeProcess.start(runtime)
    url = `http://127.0.0.1:${(await server.line<{ port: number }>()).port}`
  }, 120_000)
  afterAll(() => server[Symbol.asyncDispose]())

  const state = async (): Promise<State> => (await fetch(`${url}/state`)).json() as Promise<State>

  async function until(what: string, holds: (state: State) => boolean): Promise<State> {
    const deadline = performance.now() + PATIENT.timeoutMs
    for (;;) {
      const now = await state()
      if (holds(now)) return now
      if (performance.now() > deadline)
        expect.fail(`${what} in ${PATIENT.timeoutMs} ms; it is ${JSON.stringify(now)}`)
      await sleep(20)
    }
  }

  it('sends the head and the events of a generator, and ends with it', async () => {
    await using stream = await record(`${url}/numbers`, PATIENT)
    expect(stream.response?.status).toBe(200)
    expect(stream.response?.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.response?.headers.get('cache-control')).toBe('no-store, no-transform')
    expect((await stream.ended()).reason).toBe('complete')
    expect(stream.events.map(({ data }) => data)).toEqual(['1', '2', '3'])
    await until('the end is told', ({ reasons }) => reasons.includes('complete'))
  })

  it('brings an event while its source still runs, pings in the silence, and stops the source when the client leaves', async () => {
    const before = (await state()).closed
    const leaving = new AbortController()
    const response = await fetch(`${url}/waiting`, { signal: leaving.signal })
    let text = ''
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part
      if (text.includes(': ping')) break
    }
    expect(text).toMatch(/^: open ping-interval-ms=200\n\ndata: waiting\n\n: ping/)
    leaving.abort()
    await until('the source is closed', ({ closed }) => closed === before + 1)
    await until('the end is told', ({ reasons }) => reasons.includes('client-disconnect'))
  })

  it('publishes to all clients of a channel, and lets one resume after it was away', async () => {
    const readers = await Promise.all([record(`${url}/channel`, PATIENT), record(`${url}/channel`, PATIENT)])
    await until('both are subscribed', ({ subscribers }) => subscribers === 2)
    const ids: string[] = []
    for (const text of ['one', 'two', 'three']) {
      const { id } = (await (await fetch(`${url}/publish?text=${text}`, { method: 'POST' })).json()) as {
        id: string
      }
      ids.push(id)
    }
    for (const reader of readers) {
      for (const text of ['one', 'two', 'three']) {
        expect(await reader.next()).toMatchObject({ type: 'news', data: text })
      }
      await reader.close()
    }
    await until('both have left', ({ subscribers }) => subscribers === 0)
    await using again = await record(`${url}/channel`, { ...PATIENT, lastEventId: ids[0] })
    expect(await again.next(2)).toMatchObject([{ data: 'two' }, { data: 'three' }])
  })

  it(`compresses a channel where its zlib can (here: ${runtime.compresses}), each event at once`, async () => {
    const ask = (encoding: string) => fetch(`${url}/compressed`, { headers: { 'accept-encoding': encoding } })
    const [zipped, plain] = await Promise.all([ask('gzip'), ask('identity')])
    expect(zipped.headers.get('content-encoding')).toBe(runtime.compresses ? 'gzip' : null)
    expect(plain.headers.get('content-encoding')).toBeNull()
    await using decoded = await record(zipped, PATIENT)
    await using same = await record(plain, PATIENT)
    for (let n = 0; n < 30; n++) {
      const text = `event ${n} of the same kind as those before it`
      const last = n === 29 ? '&last' : ''
      await fetch(`${url}/publish-compressed?text=${encodeURIComponent(text)}${last}`, { method: 'POST' })
      for (const stream of [decoded, same]) expect(await stream.next()).toMatchObject({ data: text })
    }
    // The end is right, too: a checksum that is not would be a failure of the stream.
    for (const stream of [decoded, same]) expect(await stream.ended()).toMatchObject({ reason: 'complete' })
  })

  it('holds a source back while its client does not read', async () => {
    const response = await fetch(`${url}/flood`)
    const reader = response.body?.getReader()
    await reader?.read()
    let { taken } = await until('the source begins', (now) => now.taken > 0)
    for (let quiet = 0; quiet < 10; ) {
      await sleep(20)
      const now = (await state()).taken
      quiet = now === taken ? quiet + 1 : 0
      taken = now
    }
    // All of it would be 200 MB.
    expect(taken).toBeLessThan(2_000)
    await reader?.cancel()
    await until('the source is closed', ({ closed }) => closed >= 2)
  })
})
