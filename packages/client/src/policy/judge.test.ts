import { describe, expect, it, vi } from 'vitest'
import { type ClientErrorCode, ConnectionError } from '../errors.ts'
import { isTemporary, Judge, type JudgeOptions } from './judge.ts'

function error(code: ClientErrorCode, status?: number): ConnectionError {
  const response = status === undefined ? undefined : { url: '', status, headers: new Headers() }
  return new ConnectionError(code, `It is ${code}.`, { response })
}

function judge(options: Partial<JudgeOptions> = {}): Judge {
  return new Judge({
    method: 'GET',
    retryUnsafe: false,
    retryWhen: undefined,
    onUnauthorized: undefined,
    endsByEvent: false,
    lastEventId: () => '',
    ...options,
  })
}

describe('isTemporary', () => {
  it.each([
    [error('network-error'), true],
    [error('stream-ended', 200), true],
    [error('stalled', 200), true],
    [error('connect-timeout'), true],
    [error('request-failed'), true],
    [error('refused', 500), true],
    [error('refused', 503), true],
    [error('refused', 599), true],
    [error('refused', 408), true],
    [error('refused', 425), true],
    [error('refused', 429), true],
    [error('refused', 400), false],
    [error('refused', 401), false],
    [error('refused', 404), false],
    [error('refused', 410), false],
    [error('refused', 301), false],
    [error('refused', 499), false],
    [error('refused'), false],
    [error('no-content', 204), false],
    [error('not-an-event-stream', 200), false],
    [error('event-too-large', 200), false],
  ])('of %s is %s', (why, expected) => {
    expect(isTemporary(why)).toBe(expected)
  })
})

describe('Judge', () => {
  it('takes 204 for the proper end', async () => {
    expect(await judge({ retryWhen: () => true }).judge(error('no-content', 204))).toBe('done')
  })

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'])('repeats %s', async (method) => {
    expect(await judge({ method }).judge(error('network-error'))).toBe('again')
    expect(await judge({ method }).judge(error('stream-ended', 200))).toBe('again')
  })

  it.each(['POST', 'PATCH', 'CONNECT', 'MOVE'])(
    'does not repeat %s by itself, and says what to do',
    async (method) => {
      const cause = error('refused', 503)
      const verdict = await judge({ method }).judge(cause)
      expect(verdict).toMatchObject({ code: 'not-repeated', cause, response: { status: 503 } })
      expect((verdict as Error).message).toMatch(/retryUnsafe: true .* or give events ids/)
      expect(await judge({ method, retryWhen: () => true }).judge(cause)).toMatchObject({
        code: 'not-repeated',
      })
    },
  )

  it('repeats POST when it may, when the server can go on from an id, and when it was never sent', async () => {
    const lost = error('network-error')
    expect(await judge({ method: 'POST', retryUnsafe: true }).judge(lost)).toBe('again')
    expect(await judge({ method: 'POST', lastEventId: () => '7' }).judge(lost)).toBe('again')
    expect(await judge({ method: 'POST' }).judge(error('request-failed'))).toBe('again')
  })

  it('takes the end of a POST stream without ids for its proper end, unless an event was to tell it', async () => {
    const ended = error('stream-ended', 200)
    expect(await judge({ method: 'POST' }).judge(ended)).toBe('done')
    expect(await judge({ method: 'POST', endsByEvent: true }).judge(ended)).toMatchObject({
      code: 'not-repeated',
    })
    expect(await judge({ method: 'POST', lastEventId: () => '7' }).judge(ended)).toBe('again')
  })

  it('lets retryWhen decide, and decides itself where that does not', async () => {
    const asked: ConnectionError[] = []
    const strict = judge({
      retryWhen: (why) => {
        asked.push(why)
        if (why.response?.status === 404) return true
        return why.code === 'stalled' ? false : undefined
      },
    })
    const stalled = error('stalled')
    expect(await strict.judge(error('refused', 404))).toBe('again')
    expect(await strict.judge(stalled)).toBe(stalled)
    expect(await strict.judge(error('refused', 503))).toBe('again')
    expect(await strict.judge(error('refused', 400))).toMatchObject({ code: 'refused' })
    expect(asked).toHaveLength(4)
  })

  it.each([401, 403])(
    'renews the credentials once after %d, and once more after a connection was open',
    async (status) => {
      const renew = vi.fn(async () => true)
      const renewing = judge({ onUnauthorized: renew })
      const refused = error('refused', status)
      expect(await renewing.judge(refused)).toBe('at-once')
      expect(await renewing.judge(refused)).toBe(refused)
      renewing.opened()
      expect(await renewing.judge(refused)).toBe('at-once')
      expect(renew).toHaveBeenCalledTimes(2)
      expect(renew).toHaveBeenCalledWith(refused)
    },
  )

  it('gives up when the credentials cannot be renewed, or nobody renews them', async () => {
    const refused = error('refused', 401)
    expect(await judge({ onUnauthorized: () => false }).judge(refused)).toBe(refused)
    expect(await judge().judge(refused)).toBe(refused)
  })

  it('lets retryWhen decide when the credentials cannot be renewed', async () => {
    const stubborn = judge({ onUnauthorized: () => false, retryWhen: () => true })
    expect(await stubborn.judge(error('refused', 401))).toBe('again')
  })

  it('does not ask for credentials after anything else', async () => {
    const renew = vi.fn(() => true)
    expect(await judge({ onUnauthorized: renew }).judge(error('refused', 400))).toMatchObject({
      code: 'refused',
    })
    expect(await judge({ onUnauthorized: renew }).judge(error('network-error'))).toBe('again')
    expect(renew).not.toHaveBeenCalled()
  })

  it.each([{ onUnauthorized: thrower }, { retryWhen: thrower }])(
    'fails when a function of the caller throws: %o',
    async (options) => {
      expect(await judge(options).judge(error('refused', 401))).toMatchObject({
        code: 'request-failed',
        cause: thrown,
      })
    },
  )
})

const thrown = new Error('a mistake')

function thrower(): never {
  throw thrown
}
