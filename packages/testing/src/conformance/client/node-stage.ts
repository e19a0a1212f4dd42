import { systemClock } from '@sse/core'
import { FakeClock, turns } from '../../clock/fake-clock.ts'
import type { CaseServer } from './case-server.ts'
import type { ClientCase, ClientNeed, ClientWorld, OpenOptions, SourceStory } from './client-case.ts'
import type { ClientStage } from './client-stage.ts'
import type { EventSourceClass, EventSourceLike } from './event-source-like.ts'
import { tellStory } from './tell-story.ts'

/** Long enough for bytes to go over loopback and back on a busy machine. */
const SETTLE_MS = 40
/** What has come by then is read: a process that was kept from it finds its timers due before its bytes. */
const SETTLE_TURNS = 30

export interface NodeStageOptions {
  readonly subject: string
  readonly lacks: Readonly<Partial<Record<ClientNeed, string>>>
  readonly initWithClock: ((clock: FakeClock) => object) | undefined
}

/** The client runs in this process, beside the servers. */
export class NodeStage implements ClientStage {
  readonly place = 'node'
  readonly concurrency = 16
  readonly subject: string
  readonly lacks: ClientStage['lacks']
  readonly #EventSource: EventSourceClass
  readonly #initWithClock: NodeStageOptions['initWithClock']

  constructor(EventSource: EventSourceClass, { subject, lacks, initWithClock }: NodeStageOptions) {
    this.subject = subject
    this.lacks =
      initWithClock === undefined
        ? { clock: 'it is judged by the real clock; see the option initWithClock', ...lacks }
        : lacks
    this.#EventSource = EventSource
    this.#initWithClock = initWithClock
  }

  async play({ run, needs }: ClientCase, server: CaseServer, timeoutMs: number): Promise<unknown> {
    using reports = needs === 'reports' ? new Reports() : undefined
    using world = new NodeWorld(server, this.#EventSource, this.#initWithClock, timeoutMs, reports?.messages)
    return await run(world)
  }
}

class NodeWorld implements ClientWorld, Disposable {
  readonly EventSource: EventSourceClass
  readonly origin: string
  readonly elsewhere: string
  readonly reported: readonly string[]
  readonly ownClock: boolean
  readonly #server: CaseServer
  readonly #clock: FakeClock | undefined
  readonly #init: object
  readonly #timeoutMs: number
  readonly #opened: EventSourceLike[] = []

  constructor(
    server: CaseServer,
    EventSource: EventSourceClass,
    initWithClock: NodeStageOptions['initWithClock'],
    timeoutMs: number,
    reported: readonly string[] = [],
  ) {
    this.EventSource = EventSource
    this.#server = server
    this.#timeoutMs = timeoutMs
    this.reported = reported
    this.ownClock = initWithClock !== undefined
    this.#clock = initWithClock && new FakeClock()
    this.#init = this.#clock === undefined ? {} : (initWithClock?.(this.#clock) ?? {})
    ;({ origin: this.origin, elsewhere: this.elsewhere } = server.places)
  }

  open = (path = '/', { types = [], ...init }: OpenOptions = {}): SourceStory => {
    const url = new URL(path, this.origin).href
    const source = new this.EventSource(url, { ...this.#init, ...init })
    this.#opened.push(source)
    return tellStory(source, types, this.#timeoutMs)
  }
  requests = async () => this.#server.requests.filter(({ method }) => method !== 'OPTIONS')
  preflights = async () => this.#server.requests.filter(({ method }) => method === 'OPTIONS')
  connections = (most: number) => this.#server.connections(most, this.#timeoutMs)
  release = async () => this.#server.release()
  elapse = (ms: number) => this.#clock?.advanceAsync(ms) ?? settled(ms + SETTLE_MS)
  skip = async (ms: number) => this.#clock?.advanceAsync(ms)
  settle = () => settled(SETTLE_MS);

  [Symbol.dispose](): void {
    for (const source of this.#opened) source.close()
  }
}

async function settled(ms: number): Promise<void> {
  await new Promise<void>((resolve) => void systemClock.schedule(resolve, ms, true))
  await turns(SETTLE_TURNS)
}

/** What of `process` is needed. */
interface ErrorOutlet {
  listeners(event: 'uncaughtException'): readonly ((error: Error) => void)[]
  removeAllListeners(event: 'uncaughtException'): unknown
  on(event: 'uncaughtException', listener: (error: Error) => void): unknown
}

/** Errors that nobody caught: noted, in the place of the test runner's own listener, which would end the run. */
class Reports implements Disposable {
  readonly messages: string[] = []
  readonly #outlet = (globalThis as unknown as { process: ErrorOutlet }).process
  readonly #before = this.#outlet.listeners('uncaughtException')

  constructor() {
    this.#outlet.removeAllListeners('uncaughtException')
    this.#outlet.on('uncaughtException', (error) => void this.messages.push(error.message))
  }

  [Symbol.dispose](): void {
    this.#outlet.removeAllListeners('uncaughtException')
    for (const listener of this.#before) this.#outlet.on('uncaughtException', listener)
  }
}
