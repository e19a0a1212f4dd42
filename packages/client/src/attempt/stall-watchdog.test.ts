import { FakeClock } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { StallWatchdog } from './stall-watchdog.ts'

function watched(timeoutMs = 1_000): { clock: FakeClock; dog: StallWatchdog; stalls: number[] } {
  const clock = new FakeClock()
  const stalls: number[] = []
  const dog = new StallWatchdog(clock, (silentMs) => stalls.push(silentMs))
  dog.arm(timeoutMs)
  return { clock, dog, stalls }
}

describe('StallWatchdog', () => {
  it('tells once, after just its time of silence', () => {
    const { clock, stalls } = watched()
    clock.advance(999)
    expect(stalls).toEqual([])
    clock.advance(1)
    expect(stalls).toEqual([1_000])
    clock.advance(10_000)
    expect(stalls).toEqual([1_000])
    expect(clock.pendingTimers).toBe(0)
  })

  it('counts from the last byte', () => {
    const { clock, dog, stalls } = watched()
    for (let i = 0; i < 10; i++) {
      clock.advance(900)
      dog.touch()
    }
    clock.advance(999)
    expect(stalls).toEqual([])
    clock.advance(1)
    expect(stalls).toEqual([1_000])
  })

  it('has one timer, and none for a byte', () => {
    const { clock, dog } = watched()
    for (let i = 0; i < 100; i++) dog.touch()
    expect(clock.pendingTimers).toBe(1)
    dog.arm(500)
    expect(clock.pendingTimers).toBe(1)
  })

  it('does not watch when it is off, or stopped', () => {
    const { clock, dog, stalls } = watched(0)
    expect(clock.pendingTimers).toBe(0)
    dog.check()
    expect(clock.pendingTimers).toBe(0)
    dog.arm(1_000)
    dog.stop()
    dog.check()
    clock.advance(5_000)
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

  it('counts the time asleep when nobody asks', () => {
    const { clock, stalls } = watched()
    clock.advance(100)
    clock.sleep(60_000)
    clock.advance(900)
    expect(stalls).toEqual([61_000])
  })

  it('is not misled by a wall clock that is put back', () => {
    const { clock, stalls } = watched()
    clock.sleep(-3_600_000)
    clock.advance(1_000)
    expect(stalls).toEqual([1_000])
  })

  it('counts anew from when somebody reads again', () => {
    const { clock, dog, stalls } = watched()
    dog.pause()
    clock.advance(900)
    dog.resume()
    clock.advance(999)
    expect(stalls).toEqual([])
    clock.advance(1)
    expect(stalls).toEqual([1_000])
  })

  it('takes no time for silence in which nobody read', () => {
    const { clock, dog, stalls } = watched()
    dog.pause()
    clock.advance(10_000)
    clock.sleep(10_000)
    dog.check()
    dog.resume()
    clock.advance(999)
    expect(stalls).toEqual([])
    clock.advance(1_001)
    expect(stalls).toHaveLength(1)
  })
})
