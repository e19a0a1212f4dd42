import { describe, expect, it } from 'vitest'
import { cut, FakeClock, pause, type Step, stall, turns } from '../../src/index.ts'
import { type PlayOptions, playSteps } from '../../src/script/play-script.ts'
import { Exchange } from '../../src/script/scripted-exchange.ts'
import { toScriptedRequest } from '../../src/script/scripted-request.ts'
import type { Steps } from '../../src/script/step.ts'

/** What is played, and how it ends. */
async function played(steps: Steps, options?: PlayOptions): Promise<string[]> {
  const heard: string[] = []
  const play = playSteps(steps, options)
  for (;;) {
    const { done, value } = await play.next()
    if (done) return [...heard, value]
    heard.push(new TextDecoder().decode(value))
  }
}

async function* later(...steps: Step[]): AsyncIterable<Step> {
  for (const step of steps) {
    await turns(1)
    yield step
  }
}

describe('playSteps', () => {
  it('yields the bytes of each step, and returns how it ended', async () => {
    const event = { data: 'a' }
    expect(await played([event, 'raw', '', new Uint8Array([0x62])])).toEqual([
      'data: a\n\n',
      'raw',
      'b',
      'complete',
    ])
    expect(await played([event], { lineEnding: '\r' })).toEqual(['data: a\r\r', 'complete'])
    expect(await played(later('a', cut(), 'b'))).toEqual(['a', 'reset'])
    expect(await played([cut('fin')])).toEqual(['fin'])
    expect(await played('abc')).toEqual(['abc', 'complete'])
  })

  it('ends by its signal in a pause, in a stall, and waiting for a step', async () => {
    const endless = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
    for (const steps of [['a', pause(9), 'b'], ['a', stall()], endless] satisfies Steps[]) {
      const controller = new AbortController()
      const clock = new FakeClock()
      const play = played(steps, { clock, signal: controller.signal })
      await turns()
      controller.abort()
      expect((await play).at(-1)).toBe('aborted')
      expect(clock.pendingTimers).toBe(0)
    }
    expect(await played(['a'], { signal: AbortSignal.abort() })).toEqual(['aborted'])
    expect(await played([pause(0)], { clock: new FakeClock() })).toEqual(['complete'])
  })

  it('rejects with what the steps throw, and with what cannot be encoded', async () => {
    const mistake = new Error('a mistake')
    await expect(
      played({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(mistake) }),
      }),
    ).rejects.toBe(mistake)
    for (const [step, code] of [
      [null, 'empty-event'],
      [{ daat: 1 } as Step, 'unknown-field'],
    ] as const) {
      await expect(played([step as Step])).rejects.toMatchObject({ code })
    }
  })
})

describe('an exchange', () => {
  it('ends once', async () => {
    const { headers, method, url } = new Request('http://example.org/')
    const exchange = new Exchange(toScriptedRequest({ method, url, headers }, 0, async () => ''))
    exchange.isRead = true
    exchange.ended('failed')
    exchange.ended('released')
    expect([await exchange.done, exchange.released, exchange.isOpen, exchange.isRead]).toEqual([
      'failed',
      false,
      false,
      false,
    ])
  })
})
