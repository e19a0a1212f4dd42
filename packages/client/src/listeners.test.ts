import { describe, expect, it } from 'vitest'
import { Listeners } from './listeners.ts'

describe('listeners', () => {
  it('are called in their order, those of their type alone, each once however often it was added', () => {
    const listeners = new Listeners()
    const called: string[] = []
    const a = (data: string): number => called.push(`a ${data}`)
    listeners.add('x', a, false)
    listeners.add('x', (data) => called.push(`b ${data}`), false)
    listeners.add('x', a, true)
    listeners.add('y', () => called.push('of another type'), false)
    listeners.call('x', 1, {})
    listeners.call('x', 2, {})
    expect(called).toEqual(['a 1', 'b 1', 'a 2', 'b 2'])
  })

  it('that were added for once are called once, also when they publish themselves', () => {
    const listeners = new Listeners()
    let calls = 0
    const once = (): void => {
      calls++
      listeners.call('x', 0, {})
    }
    listeners.add('x', once, true)
    listeners.call('x', 0, {})
    expect([calls, listeners.empty]).toEqual([1, true])
  })

  it('that one of them takes off are not called any more, and those that one adds not yet', () => {
    const listeners = new Listeners()
    const called: string[] = []
    const off = (): number => called.push('off')
    const added = (): number => called.push('added')
    listeners.add(
      'x',
      () => {
        listeners.remove('x', off)
        listeners.add('x', added, false)
      },
      false,
    )
    listeners.add('x', off, false)
    listeners.add('x', () => called.push('stays'), false)
    listeners.call('x', 0, {})
    expect(called).toEqual(['stays'])
    listeners.call('x', 0, {})
    expect(called).toEqual(['stays', 'stays', 'added'])
  })

  it('are not called any more when one of them has had all cleared', () => {
    const listeners = new Listeners()
    let calls = 0
    for (let n = 0; n < 3; n++) {
      listeners.add(
        'x',
        () => {
          calls++
          if (n === 1) listeners.clear()
        },
        false,
      )
    }
    listeners.call('x', 0, {})
    listeners.call('x', 0, {})
    expect([calls, listeners.empty]).toEqual([2, true])
  })

  it('know which types have some', () => {
    const listeners = new Listeners()
    const listener = (): void => {}
    expect([listeners.empty, listeners.has('x')]).toEqual([true, false])
    listeners.add('x', listener, false)
    expect([listeners.empty, listeners.has('x'), listeners.has('y')]).toEqual([false, true, false])
    listeners.remove('y', listener)
    listeners.remove('x', listener)
    expect([listeners.empty, listeners.has('x')]).toEqual([true, false])
  })
})
