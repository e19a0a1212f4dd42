import type { EventName, EventSchemas, Gap } from '@sse/core'
import type { ConnectionState } from '../connection/connection-state.ts'
import type { ConnectionError } from '../errors.ts'
import { report } from '../report.ts'
import type { DataOf, SourceEvent, UntypedEvents } from '../source-event.ts'
import type { TypedEventSource } from '../typed-event-source.ts'
import { oncePerFrame } from './once-per-frame.ts'

/** What is known of an event source at one moment. It never changes; what comes makes another. */
export interface EventSnapshot<Schemas extends EventSchemas = UntypedEvents, Data = undefined> {
  /** Where the connection is: `state.status`. */
  readonly state: ConnectionState
  /** The data of the last event of each type. */
  readonly latest: { readonly [Type in EventName<Schemas>]?: DataOf<Schemas, Type> }
  /** What the reduction has made of all events. */
  readonly data: Data
  /** The last time that events were missed. */
  readonly gap: Gap | undefined
  /** Why there is no connection, while there is none. */
  readonly error: ConnectionError | undefined
}

/** Makes one value of all events, one after the other, `gap` included. May not change the value that it is given. */
export interface Reduction<Schemas extends EventSchemas, Data> {
  readonly initial: Data
  readonly reduce: (data: Data, event: SourceEvent<Schemas>) => Data
}

/** An event source as something that has a value now and tells when it has another, as frameworks want it. */
export interface EventStore<Schemas extends EventSchemas = UntypedEvents, Data = undefined>
  extends Disposable {
  /** The same object until there is something new. */
  getSnapshot(): EventSnapshot<Schemas, Data>
  /** Calls back when there is another snapshot, at most once per frame. Returns a function that ends it. */
  subscribe(callback: () => void): () => void
  /** Closes the source, and tells nothing more. */
  close(): void
}

/** Follows an event source: `createEventStore(createEventSource(url), lastEvents(100))`. */
export function createEventStore<Schemas extends EventSchemas>(
  source: TypedEventSource<Schemas>,
): EventStore<Schemas>
export function createEventStore<Schemas extends EventSchemas, Data>(
  source: TypedEventSource<Schemas>,
  reduction: Reduction<Schemas, Data>,
): EventStore<Schemas, Data>
export function createEventStore<Schemas extends EventSchemas>(
  source: TypedEventSource<Schemas>,
  reduction: Reduction<Schemas, unknown> = NO_REDUCTION,
): EventStore<Schemas, unknown> {
  return new Store(source, reduction)
}

/** The reduction to the last so many events, the oldest first. */
export function lastEvents<Schemas extends EventSchemas>(
  count: number,
): Reduction<Schemas, readonly SourceEvent<Schemas>[]> {
  return {
    initial: [],
    reduce: (events, event) => [...events.slice(Math.max(events.length - count + 1, 0)), event],
  }
}

const NO_REDUCTION = { initial: undefined, reduce: (): undefined => undefined }

/** Before anything is known: on a server, and until a component is mounted. */
export function emptySnapshot<Schemas extends EventSchemas, Data>(
  initial: Data,
): EventSnapshot<Schemas, Data> {
  return {
    state: { status: 'connecting', attempt: 1 },
    latest: {},
    data: initial,
    gap: undefined,
    error: undefined,
  }
}

class Store<Schemas extends EventSchemas, Data> implements EventStore<Schemas, Data> {
  readonly #source: TypedEventSource<Schemas>
  readonly #reduce: Reduction<Schemas, Data>['reduce']
  readonly #callbacks = new Set<() => void>()
  readonly #frame = oncePerFrame(() => this.#publish())
  readonly #stopObserving: () => void
  #published: EventSnapshot<Schemas, Data>
  #latest: EventSnapshot<Schemas, Data>['latest']
  #data: Data
  #gap: Gap | undefined

  constructor(source: TypedEventSource<Schemas>, { initial, reduce }: Reduction<Schemas, Data>) {
    this.#source = source
    this.#reduce = reduce
    this.#data = initial
    this.#published = emptySnapshot(initial)
    this.#latest = this.#published.latest
    this.#stopObserving = source.observe((happening) => {
      if (happening.type === 'gap') this.#gap = happening.gap
      if (happening.type === 'gap' || happening.type === 'state') this.#frame.schedule()
    })
    if (source.state.status !== 'connecting') this.#publish()
    void this.#follow()
  }

  getSnapshot(): EventSnapshot<Schemas, Data> {
    return this.#published
  }

  subscribe(callback: () => void): () => void {
    // One of its own each time, so that who subscribes a function twice can take each off.
    const own = (): void => callback()
    this.#callbacks.add(own)
    return () => void this.#callbacks.delete(own)
  }

  close(): void {
    this.#callbacks.clear()
    this.#stopObserving()
    this.#source.close()
    this.#frame.cancel()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #follow(): Promise<void> {
    try {
      for await (const event of this.#source) this.#received(event as SourceEvent<Schemas>)
    } catch {
      // The state says that it has failed, and why.
    }
  }

  #received(event: SourceEvent<Schemas>): void {
    if (event.type !== 'gap') this.#latest = { ...this.#latest, [event.type]: event.data }
    try {
      this.#data = this.#reduce(this.#data, event)
    } catch (error) {
      report(error)
    }
    this.#frame.schedule()
  }

  #publish(): void {
    const { state } = this.#source
    this.#published = {
      state,
      latest: this.#latest,
      data: this.#data,
      gap: this.#gap,
      error: 'error' in state ? state.error : undefined,
    }
    for (const callback of [...this.#callbacks]) {
      try {
        callback()
      } catch (error) {
        report(error)
      }
    }
  }
}
