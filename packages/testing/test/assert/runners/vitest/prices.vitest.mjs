import '@sse/testing/vitest'
import { assertEvents, FakeClock, record } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { prices } from '../prices.mjs'

const clock = new FakeClock()

describe('passes', () => {
  it('with every matcher', async () => {
    const stream = await record(prices, { clock })
    await expect(stream).toEmitEvent({ type: 'price', data: expect.objectContaining({ value: 2 }) })
    await expect(stream).not.toEmitEvent({ type: 'prize' })
    await expect(stream).toEmitEventsInOrder([{ id: '1' }, { id: '3' }])
    await expect(stream).toEndWith('complete')
    await expect(stream).toResumeAfter('1')
    await expect(stream).not.toPingEvery(15_000)
    assertEvents(stream, [
      { id: '1' },
      { id: '2', data: { value: expect.any(Number) } },
      { data: { value: 3 } },
    ])
  })
})

describe('fails', () => {
  it('with assertEvents', async () => {
    const stream = await record(prices, { clock })
    await stream.ended()
    assertEvents(stream, [{ id: '1' }, { id: '2', data: { value: 7 } }, { id: '3' }, { id: '4' }])
  })

  it('with a matcher', async () => {
    const stream = await record(prices, { clock })
    await expect(stream).toEmitEvent({ type: 'price', id: '2', data: { value: 7 } })
  })

  it('with a wait', async () => {
    const stream = await record(prices, { clock })
    await stream.take('prize')
  })
})
