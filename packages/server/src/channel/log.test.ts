import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { deflate } from '../../test/gzip-reader.ts'
import type { Batch } from './batch.ts'
import { Log } from './log.ts'
import { selectionOf } from './selection.ts'

function frame(text: string): Uint8Array {
  return Buffer.from(`data: ${text}\n\n`)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

describe('a log', () => {
  it('counts from 1, and keeps offsets when events are dropped', () => {
    const log = new Log({ events: 2 })
    expect([log.start, log.end, log.bytes]).toEqual([1, 1, 0])
    for (const text of ['a', 'b', 'c']) log.append(frame(text), undefined, 0)
    expect(log.retainedFrom(0)).toBe(2)
    log.dropBefore(2)
    expect([log.start, log.end, log.bytes]).toEqual([2, 4, 2 * frame('b').byteLength])
    expect(textOf(log.batch(2, '\n').bytes)).toBe('data: b\n\ndata: c\n\n')
  })

  it('finds the right event after any number of drops', () => {
    const log = new Log({})
    for (let n = 1; n <= 1_000; n++) {
      log.append(frame(String(n)), undefined, 0)
      if (n % 7 === 0) log.dropBefore(Math.min(log.start + (n % 13), log.end))
      if (log.start < log.end) {
        expect(textOf(log.batch(log.start, '\n').bytes).startsWith(`data: ${log.start}\n`)).toBe(true)
        log.forgetBatches()
      }
    }
  })

  it('makes batches of at most 64 KiB, or of one frame that is larger', () => {
    const log = new Log({})
    const half = 32 * 1024 - frame('').byteLength
    const sizes = [half, half, half, half + 1, 100_000, 1]
    for (const size of sizes) log.append(frame('x'.repeat(size)), undefined, 0)
    const batches: number[] = []
    for (let from = log.start; from < log.end; ) {
      const { next, events } = log.batch(from, '\n')
      batches.push(events)
      expect(next).toBe(from + events)
      from = next
    }
    expect(batches).toEqual([2, 1, 1, 1, 1])
  })

  it('counts its segments anew when what it had is void', () => {
    const log = new Log({})
    const half = 'x'.repeat(32 * 1024 - frame('').byteLength)
    log.append(frame(half), undefined, 0)
    log.void()
    for (let n = 0; n < 3; n++) log.append(frame(half), undefined, 0)
    expect(log.batch(log.start, '\n').events).toBe(2)
  })

  it('puts a batch together once for all who ask, until it forgets it', () => {
    const log = new Log({})
    for (const text of ['a', 'b']) log.append(frame(text), undefined, 0)
    const batch = log.batch(1, '\n')
    expect(log.batch(1, '\n')).toBe(batch)
    expect(log.batch(1, '\r\n')).not.toBe(batch)
    expect(textOf(log.batch(1, '\r\n').bytes)).toBe('data: a\r\n\r\ndata: b\r\n\r\n')
    log.forgetBatches()
    log.append(frame('c'), undefined, 0)
    expect(log.batch(1, '\n').events).toBe(3)
  })

  it('does not copy a batch of one frame', () => {
    const log = new Log({})
    const only = frame('only')
    log.append(only, undefined, 0)
    expect(log.batch(1, '\n').bytes).toBe(only)
  })

  it('knows ids while their events are retained', () => {
    const log = new Log({})
    for (const id of ['a', 'b']) log.append(frame(id), id, 0)
    expect([log.offsetOf('a'), log.offsetOf('b'), log.offsetOf('c')]).toEqual([1, 2, undefined])
    log.dropBefore(2)
    expect([log.offsetOf('a'), log.offsetOf('b')]).toEqual([undefined, 2])
  })

  it('drops by the tightest of its bounds', () => {
    const size = frame('x').byteLength
    const log = new Log({ events: 4, bytes: 3 * size, ageMs: 10 })
    for (const at of [0, 1, 2, 3, 4]) log.append(frame('x'), undefined, at)
    expect(log.retainedFrom(4)).toBe(3)
    expect(log.retainedFrom(13)).toBe(4)
    expect(log.retainedFrom(14)).toBe(5)
    expect(log.retainedFrom(15)).toBe(6)
  })

  it('holds no frame that it has dropped', async () => {
    const log = new Log({})
    const frames = [1, 2, 3, 4].map((n) => {
      const bytes = frame(String(n).repeat(100_000))
      log.append(bytes, undefined, 0)
      return new WeakRef(bytes)
    })
    log.dropBefore(2)
    await new Promise((resolve) => setImmediate(resolve))
    heapBytes()
    expect(frames.map((ref) => ref.deref() !== undefined)).toEqual([false, true, true, true])
  })

  it('holds nothing of the millions of events that it has dropped', () => {
    const log = new Log({ events: 10 })
    const shared = frame('x')
    const before = heapBytes()
    for (let n = 0; n < 3_000_000; n++) {
      log.append(shared, undefined, 0)
      log.dropBefore(log.retainedFrom(0))
    }
    // One slot for each event would be 24 MB.
    expect(heapBytes() - before).toBeLessThan(8_000_000)
    expect([log.end - log.start, log.end]).toEqual([10, 3_000_001])
  })
})

/** What is alive on the heap, after what is not was collected. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

describe('what readers who catch up are given', () => {
  /** As one does who reads from `from` on to the end. */
  function batchesFrom(log: Log, from: number): Batch[] {
    const batches: Batch[] = []
    for (let next = from; next < log.end; ) {
      const batch = log.batch(next, '\n')
      batches.push(batch)
      next = batch.next
    }
    log.forgetBatches()
    return batches
  }

  /** Text that cannot be made much shorter. */
  function noise(n: number): Uint8Array {
    let text = ''
    for (let at = 0; text.length < 3_000; at++) text += Math.imul(n * 7_919 + at, 0x9e3779b1).toString(36)
    return frame(text)
  }

  it('is the same from wherever they set out, but for what comes first', () => {
    const log = new Log({})
    for (let n = 0; n < 500; n++) log.append(noise(n), undefined, 0)
    const [, ...whole] = batchesFrom(log, 1)
    for (const from of [2, 7, 20]) {
      const [first, ...rest] = batchesFrom(log, from)
      expect(rest.map(({ next }) => next)).toEqual(whole.map(({ next }) => next))
      expect(first?.next).toBe(batchesFrom(log, 1)[0]?.next)
    }
    const blocks = (from: number): (Uint8Array | undefined)[] =>
      batchesFrom(log, from).map(({ text }) => text?.blockBehind(0, deflate()))
    const [, ...one] = blocks(1)
    const [, ...other] = blocks(9)
    // The last one is not whole: more may come to it.
    for (const [n, block] of one.slice(0, -1).entries()) expect(other[n]).toBe(block)
  })

  it.each([
    { compression: 'auto', atLeast: 150_000 },
    // Copies have what events leave, which is less than an event here.
    { compression: undefined, atLeast: 0 },
  ] as const)(
    'has events and compressed copies in the bytes of the retention: $compression',
    ({ compression, atLeast }) => {
      const log = new Log({ bytes: 1_000_000 }, compression)
      const compressAll = (): void => {
        for (const { text } of batchesFrom(log, log.start)) text?.blockBehind(0, deflate())
      }
      for (let n = 0; n < 200; n++) log.append(noise(n), undefined, 0)
      compressAll()
      // There is room for a quarter of all bytes either way.
      expect(log.copies.bytes).toBeGreaterThan(150_000)
      expect(log.copies.bytes).toBeLessThanOrEqual(250_000)
      for (let n = 200; n < 900; n++) {
        log.append(noise(n), undefined, 0)
        log.dropBefore(log.retainedFrom(0))
        if (n % 20 === 0) compressAll()
        expect(log.bytes + log.copies.bytes).toBeLessThanOrEqual(1_000_000)
      }
      compressAll()
      expect(log.bytes).toBeGreaterThan(compression === 'auto' ? 700_000 : 950_000)
      expect(log.copies.bytes).toBeGreaterThanOrEqual(atLeast)
      expect(log.copies.bytes).toBeLessThanOrEqual(250_000)
    },
  )

  it('refers to nothing that was dropped, or not selected', () => {
    const log = new Log({})
    const labels = (n: number) => ({ name: 'message', topics: [n % 2 === 0 ? 'even' : 'odd'] })
    for (let n = 0; n < 400; n++) log.append(frame(`number ${n}`), undefined, 0, labels(n))
    log.dropBefore(300)
    const selection = selectionOf({ topics: ['even'] })
    const histories: string[] = []
    const spy = {
      ...deflate(),
      block(bytes: Uint8Array, history: Uint8Array): Uint8Array {
        histories.push(textOf(history))
        return bytes
      },
    }
    log.batch(399, '\r', selection).text?.blockBehind(100_000, spy)
    const selected = Array.from({ length: 99 }, (_, n) => 299 + n).filter((n) => n % 2 === 0)
    expect(histories).toEqual([selected.map((n) => `data: number ${n}\r\r`).join('')])
  })
})
