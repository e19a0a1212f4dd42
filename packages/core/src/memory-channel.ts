import { SseError } from './errors.ts'
import { MemoryReceiver } from './memory-channel-receiver.ts'
import { MemorySender } from './memory-channel-sender.ts'
import { ChannelState } from './memory-channel-state.ts'

export { BrokenResource, ClosedResource, EndOfStream, WouldBlock } from './memory-channel-errors.ts'
export type { MemoryReceiver } from './memory-channel-receiver.ts'
export type { MemorySender } from './memory-channel-sender.ts'
export type { MemoryChannelStatistics, WaitOptions } from './memory-channel-state.ts'

/**
 * Makes a channel that carries items from producers to consumers within one program.
 *
 * A port of anyio's memory object streams (anyio docs, "Streams", "Memory object streams"): items arrive in the order
 * of sending, each at exactly one receiver, the longest waiting first. `send` waits while `capacity` items lie in
 * the buffer, so a slow consumer slows its producers down.
 *
 * Three differences to anyio, on purpose:
 * - Closing an end rejects what waits at that very end with `ClosedResource`. In anyio it goes on waiting until its
 *   task is cancelled, but a promise has no such owner and might wait for ever.
 * - Leaving a `for await` early closes the receiver, as it does with other JavaScript streams. Its producers then
 *   get `BrokenResource` rather than wait for ever. Iterate over a `clone()` to keep receiving afterwards.
 * - When the last receiver closes, the buffer is dropped: nobody can receive it, and its memory is free at once.
 *
 * @param capacity The most items the buffer holds: an integer of 0 or more, or `Infinity`. At 0 there is no buffer:
 *   each `send` waits for its `receive`.
 * @throws SseError `invalid-capacity`
 *
 * @example
 * const [sender, receiver] = createMemoryChannel<string>(16)
 * await sender.send('hello')
 * sender.close()
 * for await (const item of receiver) console.log(item)
 */
export function createMemoryChannel<T>(capacity: number): [MemorySender<T>, MemoryReceiver<T>] {
  const valid = capacity === Infinity || (Number.isInteger(capacity) && capacity >= 0)
  if (!valid) {
    throw new SseError(
      'invalid-capacity',
      `The capacity of a memory channel must be an integer of 0 or more, or Infinity, but it is ${String(capacity)}.`,
      { field: 'capacity' },
    )
  }
  const state = new ChannelState<T>(capacity)
  return [new MemorySender(state), new MemoryReceiver(state)]
}
