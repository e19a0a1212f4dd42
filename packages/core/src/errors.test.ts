import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { isSseError, SseError } from './errors.ts'

describe('SseError', () => {
  it('carries code, message and details', () => {
    const cause = new Error('cause')
    const issues = [{ message: 'too low', path: 'data.a' }]
    const error = new SseError('invalid-data', 'Too low.', { field: 'data', path: 'data.a', issues, cause })
    expect(error).toBeInstanceOf(Error)
    expect({ ...error }).toEqual({
      name: 'SseError',
      code: 'invalid-data',
      field: 'data',
      path: 'data.a',
      issues,
    })
    expect([error.message, error.cause, String(error)]).toEqual(['Too low.', cause, 'SseError: Too low.'])
  })

  it('has a cause only when it was given one, even undefined', () => {
    expect('cause' in new SseError('not-json', '')).toBe(false)
    expect('cause' in new SseError('not-json', '', { field: 'data' })).toBe(false)
    expect('cause' in new SseError('not-json', '', { cause: undefined })).toBe(true)
  })
})

describe('isSseError', () => {
  it('holds for every code, or for the one that is asked for', () => {
    const error: unknown = new SseError('not-json', '')
    expect(isSseError(error)).toBe(true)
    expect(isSseError(error, 'not-json')).toBe(true)
    expect(isSseError(error, 'event-too-large')).toBe(false)
  })

  it('holds for an error of another copy of the package', async () => {
    vi.resetModules()
    const copy = await import('./errors.ts')
    const error: unknown = new copy.SseError('not-json', '')
    expect(error).not.toBeInstanceOf(SseError)
    expect(isSseError(error, 'not-json')).toBe(true)
    expect(copy.isSseError(new SseError('not-json', ''), 'not-json')).toBe(true)
  })

  it('holds for an error of another realm', () => {
    const Foreign = runInNewContext(`(${SseError})`) as typeof SseError
    const error: unknown = new Foreign('not-json', '')
    expect(error).not.toBeInstanceOf(Error)
    expect(isSseError(error, 'not-json')).toBe(true)
  })

  it.each([
    ['another error', new Error('x')],
    ['an error with a code, as Node has them', Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    ['an error that only has the name', Object.assign(new Error('x'), { name: 'SseError' })],
    ['an error with a number for code', Object.assign(new Error('x'), { name: 'SseError', code: 20 })],
    ['an object that only looks like one', { name: 'SseError', code: 'not-json', message: '' }],
    ['an AbortError', AbortSignal.abort().reason],
    ['null', null],
    ['undefined', undefined],
    ['a string', 'not-json'],
  ])('does not hold for %s', (_, value) => {
    expect(isSseError(value)).toBe(false)
  })
})
