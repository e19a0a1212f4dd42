import { describe, expect, it } from 'vitest'
import { FakeClock, seeded, turns } from '../../src/index.ts'

const START = Date.UTC(2026, 0, 1)

describe('FakeClock', () => {
  it('stands still until it is moved', () => {
    const clock = new FakeClock()
    expect([clock.now(), clock.wallTime()]).toEqual([0, START])
    clock.advance(1_500)
    expect([clock.now(), clock.wallTime()]).toEqual([1_500, START + 1_500])
    clock.advance(0)
    expect(clock.now()).toBe(1_500)
  })

  it('starts when it is told to', () => {
    const clock = new FakeClock({ now: 7, wallTime: 9 })
    clock.advance(1)
    expect([clock.now(), clock.wallTime()]).toEqual([8, 10])
  })

  it('fires each timer at its time, and those of one time in the order in which they were set', () => {
    const clock = new FakeClock()
    const fired: string[] = []
    const at = (ms: number, name: string): void =>
      void clock.schedule(() => fired.push(`${name} ${clock.now()}`), ms)
    at(20, 'c')
    at(10, 'a')
    at(20, 'd')
    at(10, 'b')
    at(0, 'now')
    expect(clock.nextTimerMs).toBe(0)
    clock.advance(9)
    expect([fired, clock.nextTimerMs, clock.pendingTimers]).toEqual([['now 0'], 1, 4])
    clock.advance(1)
    expect(fired.slice(1)).toEqual(['a 10', 'b 10'])
    clock.advance(100)
    expect([fired.slice(3), clock.nextTimerMs, clock.pendingTimers, clock.scheduled]).toEqual([
      ['c 20', 'd 20'],
      Number.POSITIVE_INFINITY,
      0,
      5,
    ])
  })

  it('fires timers that timers set, if they are due', () => {
    const clock = new FakeClock()
    const fired: number[] = []
    const tick = (): void => {
      fired.push(clock.now())
      clock.schedule(tick, 10)
    }
    clock.schedule(tick, 10)
    clock.advance(35)
    expect([fired, clock.now(), clock.nextTimerMs]).toEqual([[10, 20, 30], 35, 5])
  })

  it('never goes back, though a timer moves it itself', () => {
    const clock = new FakeClock()
    const fired: number[] = []
    clock.schedule(() => clock.advance(50), 10)
    clock.schedule(() => fired.push(clock.now()), 20)
    clock.schedule(() => fired.push(clock.now()), 70)
    clock.advance(30)
    expect([clock.now(), clock.wallTime() - START, fired]).toEqual([60, 60, [20]])
    clock.advance(10)
    expect(fired).toEqual([20, 70])
  })

  it('does not fire what was cancelled, before or by a timer of the same time', () => {
    const clock = new FakeClock()
    const fired: string[] = []
    const cancel = clock.schedule(() => fired.push('cancelled'), 5)
    let cancelNext = (): void => {}
    clock.schedule(() => cancelNext(), 10)
    cancelNext = clock.schedule(() => fired.push('cancelled in time'), 10)
    const late = clock.schedule(() => fired.push('fired'), 10)
    cancel()
    cancel()
    expect([clock.pendingTimers, clock.nextTimerMs]).toEqual([3, 10])
    clock.advance(10)
    late()
    expect([fired, clock.pendingTimers]).toEqual([['fired'], 0])
  })

  it('keeps thousands of timers in order, whatever was cancelled in between', () => {
    const random = seeded(1)
    const clock = new FakeClock()
    const expected: [at: number, order: number][] = []
    const fired: [at: number, order: number][] = []
    for (let order = 0; order < 5_000; order++) {
      const at = Math.floor(random() * 500)
      const cancel = clock.schedule(() => {
        expect(clock.now()).toBe(at)
        fired.push([at, order])
      }, at)
      if (random() < 0.5) cancel()
      else expected.push([at, order])
    }
    clock.advance(500)
    expect(fired).toEqual(expected.sort(([a, first], [b, second]) => a - b || first - second))
  })

  it('knows whether a timer would keep the process alive', () => {
    const clock = new FakeClock()
    clock.schedule(() => {}, 1)
    expect(clock.keepsAlive).toBe(false)
    const cancel = clock.schedule(() => {}, 2, true)
    expect(clock.keepsAlive).toBe(true)
    cancel()
    expect(clock.keepsAlive).toBe(false)
  })

  it.each([-1, Number.NaN])('refuses a timer of %d ms', (ms) => {
    expect(() => new FakeClock().schedule(() => {}, ms)).toThrow(RangeError)
  })

  it('goes on after a timer that throws, where it was', () => {
    const clock = new FakeClock()
    const fired: number[] = []
    clock.schedule(() => {
      throw new Error('a mistake')
    }, 10)
    clock.schedule(() => fired.push(clock.now()), 20)
    expect(() => clock.advance(30)).toThrow('a mistake')
    expect([clock.now(), clock.pendingTimers]).toEqual([10, 1])
    clock.advance(20)
    expect(fired).toEqual([20])
  })

  it('sleeps as a machine does: only the wall clock goes on', () => {
    const clock = new FakeClock()
    let fired = false
    clock.schedule(() => {
      fired = true
    }, 1_000)
    clock.sleep(3_600_000)
    expect([clock.now(), clock.wallTime() - START, fired, clock.nextTimerMs]).toEqual([
      0,
      3_600_000,
      false,
      1_000,
    ])
    clock.advance(1_000)
    expect([fired, clock.wallTime() - START]).toEqual([true, 3_601_000])
  })
})

describe('advanceAsync', () => {
  it('lets what follows from each timer happen before the next', async () => {
    const clock = new FakeClock()
    const story: string[] = []
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.schedule(resolve, ms))
    void (async () => {
      await Promise.resolve()
      for (let n = 0; n < 3; n++) {
        await sleep(10)
        story.push(`first ${clock.now()}`)
      }
    })()
    clock.schedule(() => story.push('second 15'), 15)
    await clock.advanceAsync(30)
    expect([story, clock.now()]).toEqual([['first 10', 'second 15', 'first 20', 'first 30'], 30])
  })

  it('settles as it is told: once before the first timer, and after each', async () => {
    const clock = new FakeClock()
    clock.schedule(() => {}, 1)
    clock.schedule(() => {}, 2)
    clock.schedule(() => {}, 4)
    const settled: number[] = []
    await clock.advanceAsync(3, async () => void settled.push(clock.now()))
    expect([settled, clock.now()]).toEqual([[0, 1, 2], 3])
  })
})

describe('turns of the event loop', () => {
  it('are real by default', async () => {
    const clock = new FakeClock()
    let ended = false
    clock.nextTurn(() => {
      ended = true
    })
    expect([ended, clock.pendingTurn]).toEqual([false, 0])
    await turns(1)
    expect(ended).toBe(true)
  })

  it('end when runTurn says so, where they are manual', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const story: string[] = []
    clock.nextTurn(() => {
      story.push('a')
      clock.nextTurn(() => story.push('c'))
    })
    clock.nextTurn(() => story.push('b'))
    await turns()
    clock.advance(1_000)
    expect([story, clock.pendingTurn]).toEqual([[], 2])
    clock.runTurn()
    expect([story, clock.pendingTurn]).toEqual([['a', 'b'], 1])
    clock.runTurn()
    expect([story, clock.pendingTurn]).toEqual([['a', 'b', 'c'], 0])
  })

  it('pass as many as are asked for', async () => {
    const clock = new FakeClock()
    let passed = 0
    const count = (): void => {
      passed++
      if (passed < 10) clock.nextTurn(count)
    }
    clock.nextTurn(count)
    await turns()
    expect(passed).toBe(3)
    await turns(5)
    expect(passed).toBe(8)
  })
})
