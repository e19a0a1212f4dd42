import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { StallWatchdog } from './stall-watchdog.ts'

function watched(timeoutMs = 1_000): { clock: ManualClock; dog: StallWatchdog; stalls: number[] } {
  const clock = new ManualClock()
  const stalls: number[] = []
  const dog = new StallWatchdog(clock, (silentMs) => stalls.push(silentMs))
  dog.arm(timeoutMs)
  return { clock, dog, stalls }
}

describe('StallWatchdog', () => {
  it('tells once, after just its time of silence', async () => {
    const { clock, stalls } = watched()
    await clock.advance(999)
    expect(stalls).toEqual([])
    await clock.advance(1)
    expect(stalls).toEqual([1_000])
    await clock.advance(10_000)
    expect(stalls).toEqual([1_000])
    expect(clock.pendingTimers).toBe(0)
  })

  it('counts from the last byte', async () => {
    const { clock, dog, stalls } = watched()
    for (let i = 0; i < 10; i++) {
      await clock.advance(900)
      dog.touch()
    }
    await clock.advance(999)
    expect(stalls).toEqual([])
    await clock.advance(1)
    expect(stalls).toEqual([1_000])
  })

  it('has one timer, and none for a byte', async () => {
    const { clock, dog } = watched()
    for (let i = 0; i < 100; i++) dog.touch()
    expect(clock.pendingTimers).toBe(1)
    dog.arm(500)
    expect(clock.pendingTimers).toBe(1)
  })

  it('does not watch when it is off, or stopped', async () => {
    const { clock, dog, stalls } = watched(0)
    expect(clock.pendingTimers).toBe(0)
    dog.check()
    expect(clock.pendingTimers).toBe(0)
    dog.arm(1_000)
    dog.stop()
    dog.check()
    await clock.advance(5_000)
    expect([stalls, clock.pendingTimers]).toEqual([[], 0])
  })

  it('notices at once, when it is asked to look, that the machine slept', () => {
    const { clock, dog, stalls } = watched()
    clock.sleep(999)
    dog.check()
    expect(stalls).toEqual([])
    clock.sleep(1)
    dog.check()
    expect(stalls).toEqual([1_000])
    dog.check()
    expect(stalls).toHaveLength(1)
  })

  it('counts the time asleep when nobody asks', async () => {
    const { clock, stalls } = watched()
    await clock.advance(100)
    clock.sleep(60_000)
    await clock.advance(900)
    expect(stalls).toEqual([61_000])
  })

  it('is not misled by a wall clock that is put back', async () => {
    const { clock, stalls } = watched()
    clock.sleep(-3_600_000)
    await clock.advance(1_000)
    expect(stalls).toEqual([1_000])
  })

  it('counts anew from when somebody reads again', async () => {
    const { clock, dog, stalls } = watched()
    dog.pause()
    await clock.advance(900)
    dog.resume()
    await clock.advance(999)
    expect(stalls).toEqual([])
    await clock.advance(1)
    expect(stalls).toEqual([1_000])
  })

  it('takes no time for silence in which nobody read', async () => {
    const { clock, dog, stalls } = watched()
    dog.pause()
    await clock.advance(10_000)
    clock.sleep(10_000)
    dog.check()
    dog.resume()
    await clock.advance(999)
    expect(stalls).toEqual([])
    await clock.advance(1_001)
    expect(stalls).toHaveLength(1)
  })
})
