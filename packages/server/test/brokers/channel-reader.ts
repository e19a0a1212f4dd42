import type { DispatchedEvent } from '@sse/core'
import { expect } from 'vitest'
import type { SubscriptionOptions } from '../../src/index.ts'
import type { StreamFeed } from '../../src/stream/content.ts'
import { FakeSink, openStream } from '../fake-sink.ts'

interface Readable {
  subscription(options: SubscriptionOptions): StreamFeed
}

interface ReaderOptions extends SubscriptionOptions {
  readonly lastEventId?: string
  readonly capacity?: number
  readonly pingIntervalMs?: number
  readonly lineEnding?: '\n' | '\r\n' | '\r'
}

/** One client of a channel, on a connection in memory. */
export class ChannelReader {
  readonly sink: FakeSink

  constructor(
    channel: Readable,
    {
      lastEventId = '',
      capacity,
      lineEnding = '\n',
      pingIntervalMs = 0,
      ...subscription
    }: ReaderOptions = {},
  ) {
    this.sink = new FakeSink(capacity)
    openStream(
      channel.subscription(subscription),
      { lineEnding, pingIntervalMs },
      { sink: this.sink, lastEventId },
    )
  }

  get events(): readonly DispatchedEvent[] {
    return this.sink.events
  }

  get data(): string[] {
    return this.events.map(({ data }) => data)
  }

  /** The id that the client would come back with. */
  get lastEventId(): string {
    return [...this.sink.text.matchAll(/^id: ?(.*)$/gm)].at(-1)?.[1] ?? ''
  }

  /** What it was told of where it begins, before it was given any event. */
  get firstPlace(): string {
    return /^id: ?(.*)$/m.exec(this.sink.text)?.[1] ?? ''
  }

  /** Waits until it has got so many events, or more. */
  async has(count: number): Promise<this> {
    await expect.poll(() => this.events.length).toBeGreaterThanOrEqual(count)
    return this
  }

  /** Waits until it knows where it is: what is published from now on comes to it. */
  async placed(): Promise<this> {
    await expect.poll(() => this.lastEventId).not.toBe('')
    return this
  }

  /** It has got exactly these. */
  expectData(data: readonly string[]): void {
    expect(this.data).toEqual(data)
    expect(this.sink.violations).toEqual([])
  }
}
