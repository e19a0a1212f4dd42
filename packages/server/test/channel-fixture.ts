import type { DispatchedEvent } from '@sse/core'
import { FakeClock } from '@sse/testing'
import { expect } from 'vitest'
import {
  Channel,
  type ChannelOptions,
  type EventSourceResponseOptions,
  type Gap,
  type StreamEnd,
  type SubscriptionOptions,
} from '../src/index.ts'
import { type FakeSink, openStream } from './fake-sink.ts'

export const PING_INTERVAL_MS = 1_600

export interface Opened {
  readonly sink: FakeSink
  readonly ended: Promise<StreamEnd>
}

interface Connection {
  readonly lastEventId?: string
  readonly sink?: FakeSink
  readonly options?: EventSourceResponseOptions<undefined>
}

/** An untyped channel on a clock that stands still. */
export class ChannelFixture {
  readonly clock = new FakeClock({ turns: 'manual' })
  readonly channel: Channel

  constructor(options: Omit<ChannelOptions, 'clock'> = {}) {
    this.channel = new Channel(undefined, { ...options, clock: this.clock })
  }

  open(subscription: SubscriptionOptions = {}, { options, ...connection }: Connection = {}): Opened {
    const content = this.channel.subscription(subscription)
    return openStream(
      content,
      { clock: this.clock, pingIntervalMs: PING_INTERVAL_MS, ...options },
      connection,
    )
  }

  subscribe(subscription: SubscriptionOptions = {}, connection: Connection = {}): FakeSink {
    return this.open(subscription, connection).sink
  }

  /** Opens a stream that has filled up: the client takes nothing more. */
  stalled(subscription: SubscriptionOptions = {}, connection: Connection = {}): FakeSink {
    const sink = this.subscribe(subscription, connection)
    sink.stall()
    return sink
  }

  /** Publishes and ends the turn. */
  say(name: string, data: unknown, topics: readonly string[] = []): string {
    const id = this.channel.publish(name, data, { topics })
    this.clock.runTurn()
    return id
  }
}

export function dataOf(sink: FakeSink): string[] {
  return sink.events.map((event) => event.data)
}

export function gapOf(event: DispatchedEvent | undefined): Gap {
  expect(event?.type).toBe('gap')
  return JSON.parse(event?.data ?? '') as Gap
}

/** The last event ID of a client that has read all that was written. */
export function lastIdOf(sink: FakeSink): string {
  return [...sink.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? ''
}
