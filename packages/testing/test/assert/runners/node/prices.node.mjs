import { describe, it } from 'node:test'
import { assertEmitsEvent, assertEvents, FakeClock, record } from '@sse/testing'
import { prices } from '../prices.mjs'

const clock = new FakeClock()

describe('passes', () => {
  it('with assertions', async () => {
    const stream = await record(prices, { clock })
    await assertEmitsEvent(stream, { type: 'price', data: { value: 2 } })
    await stream.ended()
    assertEvents(stream, [{ id: '1' }, { id: '2' }, { data: { value: 3 } }])
  })
})

describe('fails', () => {
  it('with assertEvents', async () => {
    const stream = await record(prices, { clock })
    await stream.ended()
    assertEvents(stream, [{ id: '1' }, { id: '2', data: { value: 7 } }, { id: '3' }, { id: '4' }])
  })

  it('with an assertion', async () => {
    const stream = await record(prices, { clock })
    await assertEmitsEvent(stream, { type: 'price', id: '2', data: { value: 7 } })
  })

  it('with a wait', async () => {
    const stream = await record(prices, { clock })
    await stream.take('prize')
  })
})
