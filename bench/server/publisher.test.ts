import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { monotonicMicros } from './monotonic-clock.ts'
import type { OutgoingEvent } from './outgoing-event.ts'
import { Publisher } from './publisher.ts'

class Recorder {
  readonly events: OutgoingEvent[] = []
  readonly perTurn: number[] = []
  #told = 0

  publish(event: OutgoingEvent): void {
    this.events.push(event)
  }

  endTurn(): void {
    this.perTurn.push(this.events.length - this.#told)
    this.#told = this.events.length
  }
}

const plan = { dataLength: 50, burst: 10, window: 30, maxEvents: 60, maxMs: 10_000 }

test('publishes in bursts, numbered, of the length that was asked for', async () => {
  const recorder = new Recorder()
  const publisher = new Publisher(recorder)
  publisher.report(1_000)
  expect(await publisher.publish(plan)).toMatchObject({ total: 60, events: 60 })
  expect(recorder.perTurn).toEqual([10, 10, 10, 10, 10, 10])
  expect(recorder.events.map(({ id }) => Number(id))).toEqual(Array.from({ length: 60 }, (_, n) => n + 1))
  for (const { data } of recorder.events) expect(data).toHaveLength(50)
})

test('is never further ahead of the readers than the window', async () => {
  const recorder = new Recorder()
  const publisher = new Publisher(recorder)
  const published = publisher.publish(plan)
  await stillAfter(recorder, 30)
  publisher.report(9)
  await stillAfter(recorder, 30)
  publisher.report(10)
  await stillAfter(recorder, 40)
  publisher.report(30)
  await published
  expect(recorder.events).toHaveLength(60)
})

/** It publishes this many, and for many turns of the event loop no more: it publishes in each turn in which it may. */
async function stillAfter({ events }: Recorder, count: number): Promise<void> {
  while (events.length < count) await nextTurn()
  for (let turn = 0; turn < 20; turn++) await nextTurn()
  expect(events).toHaveLength(count)
}

test('goes on counting in the next run', async () => {
  const publisher = new Publisher(new Recorder())
  publisher.report(1_000)
  await publisher.publish(plan)
  expect(await publisher.publish(plan)).toMatchObject({ total: 120, events: 60 })
})

test('at a rate, an event carries the time at which it was due, also when it is late', async () => {
  const recorder = new Recorder()
  const publisher = new Publisher({
    publish(event) {
      recorder.publish(event)
      // Busy for longer than there is time between two events.
      for (const until = monotonicMicros() + 4e3; monotonicMicros() < until; );
    },
  })
  const { startedAt } = await publisher.publishAtRate({ dataLength: 50, perSecond: 500, events: 5 })
  const due = recorder.events.map(({ data }) => Number(data.split(' ')[1]) - startedAt)
  expect(due).toEqual([0, 2e3, 4e3, 6e3, 8e3])
})
