import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../src/clock/fake-clock.ts'
import type { StreamFaults } from '../../src/faults/fault-plan.ts'
import { Pipeline } from '../../src/faults/pipeline.ts'
import { seeded } from '../../src/seeded.ts'
import { bytes } from './recording-sink.ts'

interface Made {
  readonly pipeline: Pipeline
  readonly clock: FakeClock
  /** What came out, and how it ended. */
  readonly out: string[]
  readonly reports: string[]
  /** The writes that the reader has not taken. */
  readonly unwritten: (() => void)[]
  rooms: number
}

function make(faults: StreamFaults, { seed = 1, bufferBytes = 1_000, reads = true } = {}): Made {
  const clock = new FakeClock({ turns: 'manual' })
  const out: string[] = []
  const reports: string[] = []
  const unwritten: (() => void)[] = []
  const output = {
    write(chunk: Uint8Array, written: () => void): void {
      out.push(Buffer.from(chunk).toString('latin1'))
      if (reads) written()
      else unwritten.push(written)
    },
    end: (how: string) => void out.push(`<${how}>`),
  }
  const made: Made = {
    clock,
    out,
    reports,
    unwritten,
    rooms: 0,
    pipeline: new Pipeline(faults, output, {
      clock,
      seed,
      bufferBytes,
      report: {
        cut: () => void reports.push('cut'),
        stalled: () => void reports.push('stalled'),
        corrupted: (position) => void reports.push(`corrupted ${position}`),
        dropped: (count) => void reports.push(`dropped ${count}`),
      },
      onRoom: () => void made.rooms++,
    }),
  }
  return made
}

/** Until nothing is under way any more. */
function settle({ clock }: Made): void {
  while (clock.pendingTimers > 0 || clock.pendingTurn > 0) {
    clock.runTurn()
    if (clock.pendingTimers > 0) clock.advance(clock.nextTimerMs)
  }
}

describe('faults that lose nothing', () => {
  it('bring the same bytes in the same order, and then the end, over 500 random schedules', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seeded(seed)
      const below = (limit: number): number => Math.floor(random() * limit)
      const maybe = <T>(value: T): T | undefined => (random() < 0.5 ? value : undefined)
      const length = below(600)
      const input = Buffer.from(Array.from({ length }, () => below(256))).toString('latin1')
      const faults: StreamFaults = {
        latencyMs: maybe(below(300)),
        jitterMs: maybe(below(300)),
        bandwidthBytes: maybe(1 + below(5_000)),
        splitBytes: maybe(random() < 0.5 ? 1 + below(9) : [1 + below(3), 3 + below(9)]),
        buffer: maybe({ untilBytes: 1 + below(200), once: random() < 0.5 }),
        stall: maybe({ afterBytes: below(600) }),
      }
      const made = make(faults, { seed })
      const { pipeline, clock, out } = made
      for (let at = 0; at < length; ) {
        const size = 1 + below(60)
        pipeline.write(bytes(input.slice(at, at + size)))
        at += size
        if (random() < 0.3) clock.advance(below(200))
        if (random() < 0.3) clock.runTurn()
        if (random() < 0.1) pipeline.stall()
        if (random() < 0.2) pipeline.resume()
        expect(input.startsWith(out.join('')), `seed ${seed}`).toBe(true)
      }
      pipeline.end('fin')
      do {
        settle(made)
        pipeline.resume()
        settle(made)
      } while (out.at(-1) !== '<fin>' && made.reports.at(-1) === 'stalled' && made.reports.length < 1_000)
      expect([out.slice(0, -1).join('') === input, out.at(-1), pipeline.held], `seed ${seed}`).toEqual([
        true,
        '<fin>',
        0,
      ])
    }
  })

  it('do the same again by the same seed', () => {
    const faults: StreamFaults = { jitterMs: 100, splitBytes: [1, 9], corrupt: { probability: 0.1 } }
    const run = (seed: number): string[] => {
      const made = make(faults, { seed })
      made.pipeline.write(new Uint8Array(200))
      made.pipeline.end('fin')
      settle(made)
      return [...made.out, ...made.reports, `${made.clock.now()} ms`]
    }
    expect(run(7)).toEqual(run(7))
    expect(run(7)).not.toEqual(run(8))
  })
})

describe('faults together', () => {
  it('damage first, then hold back, delay, pace and split, and last of all stall and cut', () => {
    const made = make({
      corrupt: [
        { atByte: 0, with: 'A' },
        { atByte: 5, with: 'F' },
      ],
      buffer: { untilBytes: 6 },
      latencyMs: 1_000,
      bandwidthBytes: 2,
      splitBytes: 1,
      stall: { afterBytes: 3 },
      cut: { afterBytes: 4, how: 'fin' },
    })
    const { pipeline, clock, out, reports } = made
    pipeline.write(bytes('abcde'))
    clock.advance(10_000)
    expect(out).toEqual([])
    pipeline.write(bytes('fgh'))
    clock.advance(1_000)
    clock.runTurn()
    expect(out).toEqual([])
    clock.advance(500)
    clock.runTurn()
    expect(out).toEqual(['A'])
    settle(made)
    expect(out).toEqual(['A', 'b', 'c'])
    pipeline.resume()
    expect(out).toEqual(['A', 'b', 'c', 'd', '<fin>'])
    expect(reports).toEqual(['corrupted 0', 'corrupted 5', 'stalled', 'cut'])
  })

  it('draw chance each for itself: one more fault does not change another', () => {
    const damaged = (faults: StreamFaults, seed = 1): string[] => {
      const made = make({ ...faults, corrupt: { probability: 0.1 } }, { seed })
      made.pipeline.write(new Uint8Array(200))
      return made.reports
    }
    expect(damaged({ jitterMs: 100, splitBytes: [1, 9] })).toEqual(damaged({}))
    expect(damaged({}, 2)).not.toEqual(damaged({}))
  })
})

describe('backpressure', () => {
  it('asks for a pause while too much is held, wherever that is, and tells when there is room', () => {
    for (const faults of [
      {},
      { latencyMs: 100 },
      { bandwidthBytes: 1 },
      { splitBytes: 1 },
      { stall: { afterBytes: 0 } },
    ]) {
      const { pipeline } = make(faults, { bufferBytes: 10, reads: false })
      pipeline.write(bytes('123456789'))
      expect(pipeline.isFull).toBe(false)
      pipeline.write(bytes('0'))
      expect([pipeline.isFull, pipeline.held]).toEqual([true, 10])
    }
    const made = make({}, { bufferBytes: 10, reads: false })
    for (let n = 0; n < 3; n++) made.pipeline.write(bytes('12345'))
    made.unwritten.shift()?.()
    expect([made.pipeline.isFull, made.rooms]).toEqual([true, 0])
    made.unwritten.shift()?.()
    made.unwritten.shift()?.()
    expect([made.pipeline.isFull, made.pipeline.held, made.rooms]).toEqual([false, 0, 1])
  })

  it('leaves room for a block that is held back until it is whole', () => {
    const { pipeline, out } = make({ buffer: { untilBytes: 100 } }, { bufferBytes: 10 })
    for (let n = 0; n < 99; n++) pipeline.write(bytes('x'))
    expect(pipeline.isFull).toBe(false)
    pipeline.write(bytes('x'))
    expect([out.join('').length, pipeline.held]).toEqual([100, 0])
  })

  it('counts bytes that a buffer loses as gone', () => {
    const { pipeline, reports } = make({ buffer: { untilBytes: 100, flushAtEnd: false } })
    pipeline.write(bytes('abc'))
    pipeline.end('fin')
    expect([pipeline.held, reports]).toEqual([0, ['dropped 3']])
  })
})

it('holds nothing and has no timer once it is destroyed', () => {
  const made = make({ latencyMs: 100, bandwidthBytes: 1, splitBytes: 1, buffer: { untilBytes: 5 } })
  made.pipeline.write(bytes('abcdefg'))
  made.clock.advance(100)
  made.pipeline.destroy()
  expect([made.pipeline.held, made.clock.pendingTimers]).toEqual([0, 0])
  made.pipeline.write(bytes('x'))
  made.pipeline.end('fin')
  settle(made)
  expect(made.out).toEqual([])
})
