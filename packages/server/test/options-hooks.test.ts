/** `onClose` and `background`: what runs after a stream, whatever ended it. */
import type { IncomingMessage } from 'node:http'
import { FakeClock } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import {
  ConnectionLimiter,
  EventSourceResponse,
  type EventSourceResponseOptions,
  type StreamContentOrFactory,
} from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import { never, openStream } from './fake-sink.ts'
import { RawClient } from './raw-client.ts'
import { StreamServer } from './stream-server.ts'

const full = new ConnectionLimiter({ max: 0 })

interface Ending {
  readonly content?: StreamContentOrFactory<IncomingMessage>
  readonly options?: EventSourceResponseOptions<IncomingMessage>
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly leaves?: boolean
}

const ENDINGS: readonly (readonly [string, Ending])[] = [
  ['complete 200', { content: ['x'] }],
  ['error 200', { content: () => Promise.reject(new Error('of the source')) }],
  ['client-disconnect 200', { content: never(), leaves: true }],
  ['complete 200', { content: never(), method: 'HEAD' }],
  ['refused 405', { content: never(), method: 'PUT' }],
  ['refused 406', { content: never(), headers: { accept: 'text/html' } }],
  ['refused 503', { content: never(), options: { limiter: full } }],
]

describe('the hooks of a stream', () => {
  it.each(ENDINGS)(
    'run once each, background after onClose, and are awaited: %s, %o',
    async (ending, { content = [], options, method = 'GET', headers = {}, leaves = false }) => {
      using _warnings = captureWarnings()
      const log: string[] = []
      const closing = Promise.withResolvers<void>()
      const working = Promise.withResolvers<void>()
      await using server = await StreamServer.start(async (request, response) => {
        const hook =
          (name: string, until: Promise<void>): NonNullable<typeof options>['onClose'] =>
          async ({ reason }, context) => {
            log.push(
              `${name} ${reason} ${response.statusCode} ${context.request === request} ${context.signal.aborted}`,
            )
            await until
            log.push(`${name} done`)
          }
        const end = await new EventSourceResponse(content, {
          ...options,
          pingIntervalMs: false,
          onClose: hook('onClose', closing.promise),
          background: hook('background', working.promise),
        }).send(request, response)
        log.push('sent')
        return end
      })
      using client = (await RawClient.connect(server.port, { method, headers })).read()
      await client.until('\r\n\r\n')
      if (leaves) client.leave()
      await expect.poll(() => log.length).toBe(1)
      closing.resolve()
      await expect.poll(() => log.length).toBe(3)
      working.resolve()
      await server.end()
      expect(log).toEqual([
        `onClose ${ending} true true`,
        'onClose done',
        `background ${ending} true true`,
        'background done',
        'sent',
      ])
    },
  )

  it('run for each way a stream is ended by the server', async () => {
    const log: string[] = []
    const clock = new FakeClock({ turns: 'manual' })
    const { ended } = openStream(never(), {
      clock,
      pingIntervalMs: false,
      maxDurationMs: 1_000,
      onClose: ({ reason }) => void log.push(`onClose ${reason}`),
      background: ({ reason }) => void log.push(`background ${reason}`),
    })
    clock.advance(1_000)
    await Promise.resolve()
    clock.runTurn()
    await expect
      .poll(() => {
        clock.runTurn()
        return log.length
      })
      .toBe(2)
    await ended
    expect(log).toEqual(['onClose max-duration', 'background max-duration'])
  })

  it('run although the one before it throws, which the process is warned of', async () => {
    using warnings = captureWarnings()
    const failures = [new Error('in onClose'), new Error('in background')]
    const { ended } = openStream(['x'], {
      clock: new FakeClock({ turns: 'manual' }),
      pingIntervalMs: false,
      onClose: () => Promise.reject(failures[0]),
      background: () => {
        throw failures[1]
      },
    })
    expect(await ended).toMatchObject({ reason: 'complete', events: 1 })
    expect(warnings.all).toMatchObject([
      { message: 'The onClose of an event stream threw.', cause: failures[0] },
      { message: 'The background of an event stream threw.', cause: failures[1] },
    ])
  })
})

describe('methods', () => {
  it.each([
    [['GET'], 'HEAD', 405],
    [['GET'], 'GET', 200],
    [['POST'], 'GET', 405],
    [['POST'], 'POST', 200],
    [['REPORT'], 'REPORT', 200],
    [undefined, 'QUERY', 200],
    [undefined, 'POST', 200],
    [undefined, 'PATCH', 405],
  ])('%j answers %s with %i', async (methods, method, status) => {
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(['x'], { pingIntervalMs: false, methods }).send(request, response),
    )
    using client = (
      await RawClient.connect(server.port, { method, headers: { 'content-length': '0' } })
    ).read()
    await client.until('\r\n\r\n')
    expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    if (status === 405)
      expect(client.received).toContain(
        `\r\nallow: ${(methods ?? ['GET', 'HEAD', 'POST', 'QUERY']).join(', ')}\r\n`,
      )
  })
})

describe('status', () => {
  it.each([204, 205, 304])('is not %i, which has no body', (status) => {
    expect(() => new EventSourceResponse([], { status })).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        field: 'status',
        message: expect.stringContaining('204'),
      }),
    )
  })
})
