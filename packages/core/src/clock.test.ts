import { spawnSync } from 'node:child_process'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'

const after = (delayMs: number): Promise<void> =>
  new Promise((resolve) => systemClock.schedule(resolve, delayMs))

describe('the system clock', () => {
  it('calls back once the delay is over', async () => {
    const start = systemClock.now()
    await after(20)
    // Timers of Node may be a millisecond early by the finer clock.
    expect(systemClock.now() - start).toBeGreaterThanOrEqual(18)
  })

  it('calls back no more once it is cancelled', async () => {
    let called = false
    const cancel = systemClock.schedule(() => {
      called = true
    }, 1)
    cancel()
    cancel()
    await after(5)
    expect(called).toBe(false)
  })

  it.each([2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY])(
    'does not fire a delay of %d ms at once',
    async (delayMs) => {
      let called = false
      const cancel = systemClock.schedule(() => {
        called = true
      }, delayMs)
      await after(10)
      cancel()
      expect(called).toBe(false)
    },
  )

  it.each(['with setImmediate', 'without it'])(
    'waits for the next turn, behind all microtasks, %s',
    async (way) => {
      if (way === 'without it') vi.stubGlobal('setImmediate', undefined)
      try {
        const order: string[] = []
        const turn = new Promise<void>((resolve) => {
          systemClock.nextTurn(() => {
            order.push('turn')
            resolve()
          })
        })
        queueMicrotask(() => queueMicrotask(() => order.push('microtask')))
        order.push('now')
        await turn
        expect(order).toEqual(['now', 'microtask', 'turn'])
      } finally {
        vi.unstubAllGlobals()
      }
    },
  )

  it('tells the wall time, and a time that never goes back', () => {
    const before = Date.now()
    const told = systemClock.wallTime()
    expect([before <= told, told <= Date.now()]).toEqual([true, true])
    const first = systemClock.now()
    expect(systemClock.now()).toBeGreaterThanOrEqual(first)
  })

  it.each([
    ['does not keep a process alive', 1_000_000, '', 'scheduled\n'],
    ['keeps one alive that waits for it, where it is told to', 10, ', true', 'scheduled\nfired\n'],
  ])('%s', (_, delayMs, keepAlive, stdout) => {
    const url = new URL('./clock.ts', import.meta.url).href
    const script = `import { systemClock } from ${JSON.stringify(url)}
      systemClock.schedule(() => console.log('fired'), ${delayMs}${keepAlive})
      console.log('scheduled')`
    const child = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], {
      encoding: 'utf8',
      timeout: 300_000,
    })
    expect(child).toMatchObject({ status: 0, signal: null, stdout, stderr: '' })
  })
})
