import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { RecentIds } from './recent-ids.ts'

/** Which of these are recognised, with `|` for a resumption after the id before it. */
function recognised(ids: string, recent: RecentIds = new RecentIds()): string {
  const found: string[] = []
  let last = ''
  for (const id of ids.split(' ')) {
    if (id === '|') recent.resume(last)
    else {
      if (recent.repeats(id === '-' ? undefined : id === "''" ? '' : id)) found.push(id)
      if (id !== '-') last = id
    }
  }
  return found.join(' ')
}

describe('RecentIds', () => {
  it.each([
    ['1 2 3', ''],
    ['1 2 3 | 4 5', ''],
    // Servers that begin with the event that was read last, and with the first that they have.
    ['1 2 3 | 3 4', '3'],
    ['1 2 3 | 1 2 3 4 5', '1 2 3'],
    ['1 2 3 | 1 2 | 1 2 3 4', '1 2 1 2 3'],
    // After an event that is new nothing is old.
    ['1 2 3 | 4 2', ''],
    // Events without an id are never recognised, and do not count as new.
    ['1 2 | - 2 - 3', '2'],
    // Where ids come twice anyway they name nothing.
    ['a a | a a', ''],
    ['1 2 1 | 1 2', ''],
    // An empty id is none.
    ["1 '' '' 2 | 2 '' 3", '2'],
    // A stream that gives all its events the same id loses one of them to the doubt, not all.
    ['a | a a a', 'a'],
    ['a | a | a a', 'a a'],
  ])('of %j recognises %j', (ids, expected) => {
    expect(recognised(ids)).toBe(expected)
  })

  it('recognises the event that an earlier program read last', () => {
    const recent = new RecentIds()
    recent.resume('7')
    expect([recent.repeats('7'), recent.repeats('8')]).toEqual([true, false])
  })

  it('remembers no id that is longer than 256 characters', () => {
    for (const [length, remembered] of [
      [256, true],
      [257, false],
    ] as const) {
      const [read, begun] = [new RecentIds(), new RecentIds()]
      const id = 'x'.repeat(length)
      read.repeats(id)
      read.resume('other')
      begun.resume(id)
      expect([read.repeats(id), begun.repeats(id)]).toEqual([remembered, remembered])
    }
  })

  it('remembers the last thousand', () => {
    const recent = new RecentIds()
    for (let id = 0; id <= 1_000; id++) recent.repeats(String(id))
    recent.resume('1000')
    expect(recent.repeats('1')).toBe(true)
    expect(recent.repeats('0')).toBe(false)
  })

  it.each([8, 13, 256])('holds ids of %i characters, not the stream that they were cut out of', (length) => {
    const recent = new RecentIds()
    const before = heapBytes()
    for (let n = 0; n < 1_000; n++) {
      const text = `${n}${'-'.repeat(50_000)}`
      // Flat, as a decoder makes it: a text that is put together of two keeps what is cut out of it short.
      recent.repeats(Buffer.from(text).toString('latin1').slice(0, length))
    }
    // The texts are 50 MB.
    expect(heapBytes() - before).toBeLessThan(5_000_000)
    recent.resume('')
    expect(recent.repeats('999'.padEnd(length, '-'))).toBe(true)
  })
})

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
