// Generators and memory channels do the same for one source. They part where there are several, or where one is fast.
import { setTimeout as sleep } from 'node:timers/promises'
import { createMemoryChannel, type ServerSentEvent } from '@sse/core'

/** A sensor that measures every few milliseconds, whether anybody reads or not. */
async function* measure(name: string, count: number, everyMs: number): AsyncGenerator<ServerSentEvent> {
  for (let reading = 1; reading <= count; reading++) {
    await sleep(everyMs)
    yield { event: name, data: { reading } }
  }
}

async function read(events: AsyncIterable<ServerSentEvent>, perEventMs = 0): Promise<string> {
  const order: string[] = []
  for await (const { event } of events) {
    order.push(event?.[0] ?? '')
    await sleep(perEventMs)
  }
  return order.join('')
}

/** One after the other: a generator that delegates to another has no turn until that is done. */
async function* oneAfterTheOther() {
  yield* measure('fast', 6, 5)
  yield* measure('slow', 2, 15)
}

/** Side by side: each producer has a sender, and the reader gets what comes first. */
function sideBySide(): AsyncIterable<ServerSentEvent> {
  const [sender, receiver] = createMemoryChannel<ServerSentEvent>(4)
  for (const source of [measure('fast', 6, 5), measure('slow', 2, 15)]) void pass(source, sender.clone())
  sender.close()
  return receiver
}

async function pass(
  source: AsyncIterable<ServerSentEvent>,
  sender: ReturnType<typeof createMemoryChannel<ServerSentEvent>>[0],
): Promise<void> {
  await using closing = sender
  for await (const event of source) await closing.send(event)
}

/** A producer that does not wait drops what there is no room for, and knows it. */
async function withoutWaiting(): Promise<{ readonly read: string; readonly dropped: number }> {
  const [sender, receiver] = createMemoryChannel<ServerSentEvent>(2)
  const reading = read(receiver, 200)
  let dropped = 0
  for await (const event of measure('fast', 8, 5)) {
    try {
      sender.sendNowait(event)
    } catch {
      dropped++
    }
  }
  sender.close()
  return { read: await reading, dropped }
}

console.log(`two generators:       ${await read(oneAfterTheOther())}   the slow one had to wait`)
console.log(`one memory channel:   ${await read(sideBySide())}   whatever came first`)
const { read: kept, dropped } = await withoutWaiting()
console.log(`a reader that is slow: ${kept}, and ${dropped} of 8 dropped by a producer that does not wait`)
