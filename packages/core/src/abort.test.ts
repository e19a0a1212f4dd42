import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { onAbort } from './abort.ts'

describe('onAbort', () => {
  it('calls back with the reason when the signal aborts, once', () => {
    const [controller, callback] = [new AbortController(), vi.fn()]
    onAbort(controller.signal, callback)
    expect(callback).not.toHaveBeenCalled()
    controller.abort('stop')
    controller.signal.dispatchEvent(new Event('abort'))
    expect(callback.mock.calls).toEqual([['stop']])
  })

  it('calls back at once when the signal has aborted already, and leaves no listener', () => {
    const [signal, callback] = [AbortSignal.abort('before'), vi.fn()]
    const stop = onAbort(signal, callback)
    expect(callback.mock.calls).toEqual([['before']])
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(stop).not.toThrow()
  })

  it('takes its listener off when it is stopped, and calls back no more', () => {
    const [controller, callback] = [new AbortController(), vi.fn()]
    const stop = onAbort(controller.signal, callback)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    stop()
    stop()
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    controller.abort()
    expect(callback).not.toHaveBeenCalled()
  })

  it('takes off its own listener only', () => {
    const [controller, callback] = [new AbortController(), vi.fn()]
    const stop = onAbort(controller.signal, callback)
    onAbort(controller.signal, callback)
    stop()
    controller.abort()
    expect(callback).toHaveBeenCalledTimes(1)
  })

  it('does nothing without a signal', () => {
    const callback = vi.fn()
    expect(onAbort(undefined, callback)).not.toThrow()
    expect(callback).not.toHaveBeenCalled()
  })
})
