import { turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { WebSink } from '../src/web/web-sink.ts'

const CAPACITY = 16 * 1024

interface Watched {
  readonly sink: WebSink
  readonly calls: string[]
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
}

function watchedSink(): Watched {
  const sink = new WebSink()
  const calls: string[] = []
  sink.owner = {
    sinkDrained: () => calls.push('drain'),
    sinkClosed: () => calls.push('close'),
  }
  return { sink, calls, reader: sink.body.getReader() }
}

type Read = ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>

/** A sink whose reader has asked for the first bytes. */
async function readSink(): Promise<Watched & { readonly first: Read }> {
  const { sink, calls, reader } = watchedSink()
  const first = reader.read()
  await turns()
  return { sink, calls, reader, first }
}

describe('the sink of a web body', () => {
  it('is full until somebody reads', async () => {
    const { calls, reader } = watchedSink()
    await turns()
    expect(calls).toEqual([])
    void reader.read()
    await turns()
    expect(calls).toEqual(['drain'])
  })

  it('hands on what is written in order, and takes more while little waits', async () => {
    const { sink, reader, first } = await readSink()
    expect(sink.write(Uint8Array.of(1))).toBe(true)
    expect(sink.write(Uint8Array.of(2))).toBe(true)
    expect((await first).value).toEqual(Uint8Array.of(1))
    expect((await reader.read()).value).toEqual(Uint8Array.of(2))
  })

  it('is full from its capacity on, and drained once, when the reader has taken all and waits', async () => {
    const { sink, calls, reader, first } = await readSink()
    calls.length = 0
    sink.write(Uint8Array.of(0))
    await first
    expect(sink.write(new Uint8Array(CAPACITY - 1))).toBe(true)
    expect(sink.write(Uint8Array.of(1))).toBe(false)
    expect(sink.write(Uint8Array.of(2))).toBe(false)
    for (let i = 0; i < 3; i++) await reader.read()
    await turns()
    expect(calls).toEqual([])
    void reader.read()
    await turns()
    void reader.read()
    await turns()
    expect(calls).toEqual(['drain'])
  })

  it('is not full by a chunk of any size that a reader has waited for', async () => {
    const { sink, first } = await readSink()
    expect(sink.write(new Uint8Array(10 * CAPACITY))).toBe(true)
    expect((await first).value).toHaveLength(10 * CAPACITY)
  })

  it('never calls back from inside write, although a second read waits', async () => {
    const { sink, calls, reader } = await readSink()
    void reader.read()
    calls.length = 0
    let writing = true
    sink.owner = { sinkDrained: () => calls.push(`drain ${writing}`), sinkClosed() {} }
    sink.write(new Uint8Array(CAPACITY))
    sink.write(new Uint8Array(CAPACITY))
    writing = false
    expect(calls).toEqual([])
  })

  it('keeps what it was written, whatever the reader does with what it reads', async () => {
    const { sink, first } = await readSink()
    const shared = Uint8Array.of(1, 2, 3)
    sink.write(shared)
    const { value } = await first
    structuredClone(value, { transfer: [value?.buffer as ArrayBuffer] })
    expect(shared).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('gives plain bytes that have their memory for themselves', async () => {
    const { sink, first } = await readSink()
    sink.write(Buffer.from('small, so from the pool'))
    const { value } = await first
    expect([value?.constructor, value?.buffer.byteLength]).toEqual([Uint8Array, 23])
  })

  it('ends after what was written', async () => {
    const { sink, calls, reader, first } = await readSink()
    sink.write(Uint8Array.of(1))
    sink.write(Uint8Array.of(2))
    sink.end()
    sink.destroy()
    await first
    expect((await reader.read()).value).toEqual(Uint8Array.of(2))
    expect((await reader.read()).done).toBe(true)
    expect(calls).toEqual(['drain'])
  })

  it('is silent after its end, also when the reader then leaves', async () => {
    const { sink, calls, reader, first } = await readSink()
    for (const byte of [1, 2]) sink.write(Uint8Array.of(byte))
    await first
    sink.end()
    await reader.cancel()
    sink.clientLeft()
    expect(calls).toEqual(['drain'])
  })

  it('breaks the body when it is destroyed, and drops what was not read', async () => {
    const { sink, calls, reader, first } = await readSink()
    for (const byte of [1, 2]) sink.write(Uint8Array.of(byte))
    await first
    sink.destroy()
    sink.end()
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' })
    expect(calls).toEqual(['drain'])
  })

  it.each([
    ['the body is cancelled', ({ reader }: Watched) => reader.cancel()],
    ['the runtime says so', async ({ sink }: Watched) => sink.clientLeft()],
  ])('tells once that the client left when %s, and the body is closed', async (_, leave) => {
    const watched = await readSink()
    const { sink, calls, reader, first } = watched
    await leave(watched)
    await reader.cancel()
    sink.clientLeft()
    sink.destroy()
    expect(calls).toEqual(['drain', 'close'])
    expect((await first).done).toBe(true)
    expect((await reader.read()).done).toBe(true)
    await reader.closed
  })
})
