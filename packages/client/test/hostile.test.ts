/** What a server may send that no server should: memory is bounded, and the error is clear. */
import { scriptedFetch } from '@sse/testing'
import { scriptedServer } from '@sse/testing/node'
import { describe, expect, it } from 'vitest'
import { constantBackoff, createEventSource } from '../src/index.ts'

const MIB = 1024 * 1024

/** Without an end, as far as anybody should read. */
function* forever(first: string, then: string): Iterable<string> {
  yield first
  for (let bytes = 0; bytes < 8 * MIB; bytes += then.length) yield then
}

const KIB = 'x'.repeat(1024)

describe('a stream', () => {
  it.each([
    ['an event of 10 MiB in one piece', [`data: ${KIB.repeat(10 * 1024)}\n\n`], 11 * MIB],
    ['an event that never ends', forever('', `data: ${KIB}\n`), 1.1 * MIB],
    ['a line that never ends', forever('data: ', KIB), 1.1 * MIB],
    ['a comment that never ends', forever(': ', KIB), 1.1 * MIB],
    ['an id that never ends', forever('id: ', KIB), 1.1 * MIB],
    ['a type that never ends', forever('event: ', KIB), 1.1 * MIB],
  ])('with %s fails, clearly, after one MiB', async (_, chunks, atMost) => {
    const fetch = scriptedFetch([chunks])
    const source = createEventSource('/', { fetch, maxAttempts: 1 })
    source.observe(() => {})
    source.on('message', () => {})
    const { reason, error } = await source.closed
    expect([reason, error?.code]).toEqual(['failed', 'event-too-large'])
    expect(error?.message).toMatch(
      /longer than the limit of 1048576 characters\. Raise limits\.maxEventLength/,
    )
    expect(fetch.last.sentBytes).toBeLessThan(atMost)
  })

  it('may have larger events where the limit says so, and only smaller ones', async () => {
    const large = scriptedFetch([[`data: ${KIB.repeat(4)}\n\n`]])
    const source = createEventSource('/', { fetch: large, limits: { maxEventLength: 4 * 1024 } })
    expect(await source[Symbol.asyncIterator]().next()).toMatchObject({ value: { data: KIB.repeat(4) } })
    source.close()
    const small = createEventSource('/', {
      fetch: scriptedFetch([['data: 12345\n\n']]),
      limits: { maxEventLength: 4 },
    })
    await expect(small[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'event-too-large' })
  })

  it('is read no faster than it is taken', async () => {
    const fetch = scriptedFetch([forever('', `data: ${KIB}\n\n`)])
    const source = createEventSource('/', { fetch, bufferSize: 10 })
    let taken = 0
    for await (const _ of source) {
      await new Promise((resolve) => setImmediate(resolve))
      expect(fetch.last.sentBytes).toBeLessThan((taken + 20) * 1200)
      if (++taken === 200) break
    }
  })
})

describe('an id', () => {
  it('that no header can carry fails each attempt with a clear error, and sends nothing', async () => {
    await using server = await scriptedServer([['id: a\u0001b\ndata: a\n\n']])
    const source = createEventSource(server.url, { backoff: constantBackoff(1), maxAttempts: 3 })
    source.observe(() => {})
    source.on('message', () => {})
    const { error } = await source.closed
    expect(error?.code).toBe('too-many-attempts')
    expect(error?.cause).toMatchObject({ cause: { cause: { message: expect.stringMatching(/header/) } } })
    expect(server.requests).toHaveLength(1)
  })
})
