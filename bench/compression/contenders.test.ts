import { test } from 'vitest'
import { CONTENDERS, KEYS } from './contenders/all-contenders.ts'
import { jsonEvent } from './json-event.ts'
import { Stage } from './stage.ts'

test.concurrent.for(KEYS)(
  '%s brings every event to every client, encoded as it should',
  async (key, { expect }) => {
    await using stage = new Stage(key)
    await stage.connect(3)
    const { bytesPerDelivery } = await stage.publish(96, 400)
    const { data } = jsonEvent(1, 400)
    if (CONTENDERS[key].gzip) expect(bytesPerDelivery).toBeLessThan(data.length * 0.8)
    else expect(bytesPerDelivery).toBeGreaterThan(data.length)
    expect(await stage.memoryMb()).toBeGreaterThan(1)
  },
)

test('events are the length that was asked for, or a little more, each JSON and the same every time', ({
  expect,
}) => {
  for (const length of [100, 400, 1_000]) {
    for (let n = 1; n < 200; n++) {
      const { id, data } = jsonEvent(n, length)
      expect(JSON.parse(data)).toMatchObject({ n: Number(id) })
      expect(data.length).toBeGreaterThanOrEqual(length - 2)
      expect(data.length).toBeLessThan(length + 40)
      expect(jsonEvent(n, length).data).toBe(data)
    }
  }
})
