import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.ts'
import { DeliveryCheck, type DeliveryCheckOptions, type DeliveryReport } from './delivery-check.ts'

const NOTHING_WRONG = { missing: 0, doubled: 0, faultyClients: 0, minority: 0, unchecked: 0, examples: [] }

/** What each client got, as words; client by client, or mixed by a seed. */
function check(
  streams: readonly string[],
  options: Partial<DeliveryCheckOptions> = {},
  random: () => number = () => 0,
): DeliveryReport {
  const delivery = new DeliveryCheck({ clients: streams.length, ...options })
  const left = streams.map((stream) => stream.split(' ').filter(Boolean))
  for (let now = 0; left.some((ids) => ids.length > 0); now++) {
    const busy = [...left.keys()].filter((client) => (left[client]?.length ?? 0) > 0)
    const client = busy[Math.floor(random() * busy.length)] ?? 0
    delivery.received(client, left[client]?.shift() ?? '', now, 0)
  }
  return delivery.finish()
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
}

describe('finds nothing wrong', () => {
  test.each([
    ['when all get the same', ['1 2 3', '1 2 3', '1 2 3']],
    ['when one comes later and one leaves earlier', ['1 2 3 4 5', '3 4 5', '1 2 3']],
    ['when one that came later is read first', ['6 7', '4 5 6 7', '4 5 6 7']],
    ['when one gets nothing', ['1 2 3', '', '1 2 3']],
    ['when one gets a single event', ['1 2 3', '2', '1 2 3']],
    ['when ids are no numbers and in no order', ['x 7 a 3', '7 a 3', 'x 7 a']],
  ])('%s', (_, streams) => {
    expect(check(streams)).toMatchObject(NOTHING_WRONG)
  })

  test('whatever order the sockets are read in', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed)
      const streams = Array.from({ length: 5 }, () => {
        const from = 1 + Math.floor(random() * 20)
        return numbers(from, 21 + Math.floor(random() * 40)).join(' ')
      })
      expect(check(streams, { settledAtOnce: 64 }, random)).toMatchObject(NOTHING_WRONG)
    }
  })
})

describe('finds', () => {
  test('an event that one misses, also when it is read first', () => {
    const example = { kind: 'missing', id: '2', client: 0 }
    expect(check(['1 3', '1 2 3', '1 2 3'])).toMatchObject({
      ...NOTHING_WRONG,
      missing: 1,
      faultyClients: 1,
      examples: [example],
    })
  })

  test('several that one misses in a row', () => {
    expect(check(['1 2 7', '1 2 3 4 5 6 7', '1 2 3 4 5 6 7'])).toMatchObject({ missing: 4, faultyClients: 1 })
  })

  test('different ones that different clients miss', () => {
    expect(check(['1 2 4 5', '1 3 4 5', '1 2 3 5'])).toMatchObject({ missing: 3, faultyClients: 3 })
  })

  test('one that is doubled, at once or later', () => {
    expect(check(['1 2 2 3', '1 2 3'])).toMatchObject({ missing: 0, doubled: 1, faultyClients: 1 })
    expect(check(['1 2 3 1 2 3 4', '1 2 3 4'])).toMatchObject({ missing: 0, doubled: 3, faultyClients: 1 })
  })

  test('one of two that misses an event', () => {
    expect(check(['1 3', '1 2 3'])).toMatchObject({ missing: 1, minority: 0 })
  })

  test('each of a thousand faults that chance makes, whatever order the sockets are read in', () => {
    const random = seeded(7)
    let [missing, doubled] = [0, 0]
    const streams = Array.from({ length: 40 }, () =>
      numbers(1, 500)
        .flatMap((id) => {
          const chance = random()
          // The first and the last one are there, so that what is between them is expected.
          if (id === '1' || id === '500') return [id]
          if (chance < 0.03) missing++
          else if (chance < 0.05) doubled++
          return chance < 0.03 ? [] : chance < 0.05 ? [id, id] : [id]
        })
        .join(' '),
    )
    expect(missing + doubled).toBeGreaterThan(900)
    expect(check(streams, {}, random)).toMatchObject({ missing, doubled, distinct: 500, minority: 0 })
    expect(check(streams, {}, random).examples).toHaveLength(10)
    // The same, when it is settled in parts.
    expect(check(streams, { settledAtOnce: 200 }, random)).toMatchObject({ missing, doubled })
  })
})

describe('what is not meant for all', () => {
  test('an id that fewer than half got is counted apart', () => {
    const report = check(['1 mine 2', '1 2', '1 2', '1 2'])
    expect(report).toMatchObject({ missing: 0, minority: 1, faultyClients: 0 })
  })

  test('clients with a stream each are not compared', () => {
    const streams = ['a1 a2 a3', 'b1 b2 b3', 'c1 c2 c3', 'd1 d2 d3']
    for (const count of [2, 4]) {
      for (let seed = 1; seed <= 20; seed++) {
        const report = check(streams.slice(0, count), {}, seeded(seed))
        expect(report).toMatchObject({ ...NOTHING_WRONG, shared: 0, distinct: 3 * count })
      }
    }
  })
})

describe('in bounded memory', () => {
  const small = { settledAtOnce: 10, remembered: 30 }

  /** All clients in step. */
  function inStep(delivery: DeliveryCheck, clients: readonly number[], from: number, to: number): void {
    for (const id of numbers(from, to)) for (const client of clients) delivery.received(client, id, 0, 0)
  }

  test('finds what was long ago', () => {
    const delivery = new DeliveryCheck({ clients: 3, ...small })
    inStep(delivery, [0, 1, 2], 1, 4)
    inStep(delivery, [0, 1], 5, 5)
    inStep(delivery, [0, 1, 2], 6, 500)
    expect(delivery.finish()).toMatchObject({ missing: 1, unchecked: 0, distinct: 500 })
  })

  test('recognises what comes again after it was settled', () => {
    const delivery = new DeliveryCheck({ clients: 2, ...small })
    inStep(delivery, [0, 1], 1, 40)
    delivery.received(0, '15', 0, 0)
    inStep(delivery, [0, 1], 41, 80)
    expect(delivery.finish()).toMatchObject({ missing: 0, doubled: 1 })
  })

  test('takes for new what it has forgotten', () => {
    const delivery = new DeliveryCheck({ clients: 1, ...small })
    inStep(delivery, [0], 1, 100)
    delivery.received(0, '1', 0, 0)
    expect(delivery.finish()).toMatchObject({ doubled: 0, distinct: 101 })
  })

  test('one that comes later gets the history of the others, and is checked from where that ends', () => {
    const delivery = new DeliveryCheck({ clients: 2, ...small })
    inStep(delivery, [0], 1, 35)
    inStep(delivery, [1], 15, 35)
    inStep(delivery, [0, 1], 36, 100)
    expect(delivery.finish()).toMatchObject({ ...NOTHING_WRONG, distinct: 100 })
  })

  test('one that falls behind is unchecked, and blamed for nothing', () => {
    const delivery = new DeliveryCheck({ clients: 3, ...small })
    inStep(delivery, [0, 1, 2], 1, 3)
    inStep(delivery, [0, 1], 4, 60)
    inStep(delivery, [2], 4, 10)
    expect(delivery.finish()).toMatchObject({ ...NOTHING_WRONG, unchecked: 1, distinct: 60 })
  })

  test('one that has left has not fallen behind', () => {
    const delivery = new DeliveryCheck({ clients: 3, ...small })
    inStep(delivery, [0, 1, 2], 1, 3)
    delivery.left(2)
    inStep(delivery, [0, 1], 4, 60)
    expect(delivery.finish()).toMatchObject(NOTHING_WRONG)
  })
})

test('tells how long an id took from the first to the last of those that were connected', () => {
  const spreads: number[] = []
  const delivery = new DeliveryCheck({ clients: 3, onSpread: (ms) => spreads.push(ms) })
  delivery.received(0, '1', 100, 0)
  delivery.received(1, '1', 130, 50)
  // Connected when the first already had it: it got it from the history.
  delivery.received(2, '1', 900, 800)
  delivery.received(2, '2', 910, 800)
  delivery.finish()
  expect(spreads).toEqual([30])
})
