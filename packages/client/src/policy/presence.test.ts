import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { browserPresence } from './presence.ts'

describe('browserPresence', () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const browser = { onLine: true }
  const globalTarget = new EventTarget()

  beforeEach(() => {
    page.visibilityState = 'visible'
    browser.onLine = true
    vi.stubGlobal('document', page)
    vi.stubGlobal('navigator', browser)
    vi.stubGlobal('addEventListener', globalTarget.addEventListener.bind(globalTarget))
    vi.stubGlobal('removeEventListener', globalTarget.removeEventListener.bind(globalTarget))
  })

  afterEach(() => void vi.unstubAllGlobals())

  it('is away while there is no network', () => {
    const presence = browserPresence()
    expect(presence.away).toBeUndefined()
    browser.onLine = false
    expect(presence.away).toBe('offline')
  })

  it('is away while the page is hidden only if asked to be', () => {
    page.visibilityState = 'hidden'
    expect(browserPresence().away).toBeUndefined()
    expect(browserPresence({ suspendWhenHidden: true }).away).toBe('hidden')
    browser.onLine = false
    expect(browserPresence({ suspendWhenHidden: true }).away).toBe('offline')
  })

  it('calls back for the network, for the page, and when either may have slept, until it is told to stop', () => {
    const callback = vi.fn()
    const stop = browserPresence().subscribe(callback)
    const tell = (): void => {
      for (const type of ['online', 'offline', 'pageshow']) globalTarget.dispatchEvent(new Event(type))
      for (const type of ['visibilitychange', 'resume']) page.dispatchEvent(new Event(type))
    }
    tell()
    expect(callback).toHaveBeenCalledTimes(5)
    stop()
    tell()
    expect(callback).toHaveBeenCalledTimes(5)
  })

  it('is always there where there is no browser', () => {
    vi.unstubAllGlobals()
    const presence = browserPresence({ suspendWhenHidden: true })
    expect(presence.away).toBeUndefined()
    presence.subscribe(() => {})()
  })
})
