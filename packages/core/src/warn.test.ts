import { afterEach, describe, expect, it, vi } from 'vitest'
import { warn } from './warn.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('warn', () => {
  it('emits a process warning that names the error and keeps its stack', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const cause = new Error('broken')
    warn('Nobody heard of this.', cause)
    const warning = emitWarning.mock.calls[0]?.[0] as Error
    expect(warning).toMatchObject({ name: 'SseWarning', message: 'Nobody heard of this.', cause })
    // Without its detail Node prints the message alone.
    expect(warning).toMatchObject({ detail: 'Error: broken' })
    expect(warning.stack).toBe(`SseWarning: Nobody heard of this.\n${cause.stack}`)
  })

  it('takes a cause that is no error', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    warn('Nobody heard of this.', 'x')
    expect(emitWarning.mock.calls[0]?.[0]).toMatchObject({ cause: 'x' })
  })

  it('reports the error where there is no process', () => {
    const reportError = vi.fn()
    vi.stubGlobal('reportError', reportError)
    vi.stubGlobal('process', undefined)
    warn('Nobody heard of this.', 'x')
    vi.unstubAllGlobals()
    expect(reportError.mock.calls).toEqual([[expect.objectContaining({ name: 'SseWarning', cause: 'x' })]])
  })

  it('does nothing where there is neither', () => {
    vi.stubGlobal('process', {})
    vi.stubGlobal('reportError', undefined)
    const attempt = (): void => warn('Nobody heard of this.', 'x')
    const outcome = (() => {
      try {
        return attempt()
      } finally {
        vi.unstubAllGlobals()
      }
    })()
    expect(outcome).toBeUndefined()
  })
})
