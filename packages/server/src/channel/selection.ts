import { createEventStreamParser } from '@sse/core'
import { serverError } from '../errors.ts'

/** What of a channel's events one reader wants. */
export interface Selection {
  /** Readers with the same key want the same, and share their batches. `undefined`: this one shares with nobody. */
  readonly key: string | undefined
  matches(entry: SelectableEntry): boolean
}

/** What a channel keeps of an event beside its frame. */
export interface Labels {
  readonly name: string
  readonly topics: readonly string[]
}

export interface SelectableEntry extends Labels {
  readonly frame: Uint8Array
  readonly id: string | undefined
}

/** An event as a filter sees it. */
export interface PublishedEvent {
  readonly name: string
  readonly topics: readonly string[]
  /** The application's own id, if it gave one. */
  readonly id: string | undefined
  /** The data as it goes over the wire: text, or JSON. Decoded when it is asked for, so ask for the name and topics first. */
  readonly data: string
}

export interface SelectionOptions {
  /** Only events that were published with one of these topics. Compared exactly. */
  readonly topics?: readonly string[] | undefined
  /** Only events for which this returns true. Called for each event and reader; topics are far cheaper. */
  readonly filter?: ((event: PublishedEvent) => boolean) | undefined
}

/** @throws SseError `invalid-option` */
export function selectionOf({ topics, filter }: SelectionOptions): Selection | undefined {
  if (topics !== undefined) checkTopics('topics', topics)
  if (filter !== undefined) {
    const wanted = topics && new Set(topics)
    return {
      key: undefined,
      matches: (entry) => (wanted === undefined || hasTopic(entry, wanted)) && filter(new EntryView(entry)),
    }
  }
  if (topics === undefined) return undefined
  const wanted = new Set(topics)
  return { key: JSON.stringify([...wanted].sort()), matches: (entry) => hasTopic(entry, wanted) }
}

/** Whether there may be others who want the same, and are given the same. */
export function isShared(selection: Selection | undefined): boolean {
  return selection === undefined || selection.key !== undefined
}

export function checkTopics(option: string, topics: unknown): void {
  if (Array.isArray(topics) && topics.every((topic) => typeof topic === 'string')) return
  throw serverError('invalid-option', `${option} must be an array of strings.`, { field: option })
}

function hasTopic({ topics }: Labels, wanted: ReadonlySet<string>): boolean {
  for (const topic of topics) if (wanted.has(topic)) return true
  return false
}

class EntryView implements PublishedEvent {
  readonly #entry: SelectableEntry

  constructor(entry: SelectableEntry) {
    this.#entry = entry
  }

  get name(): string {
    return this.#entry.name
  }

  get topics(): readonly string[] {
    return this.#entry.topics
  }

  get id(): string | undefined {
    return this.#entry.id
  }

  // Read back from the frame: to keep the data as well would double what the retention bounds.
  get data(): string {
    let data = ''
    const parser = createEventStreamParser({
      onEvent: (event) => {
        data = event.data
      },
      limits: { maxEventLength: Number.POSITIVE_INFINITY },
    })
    parser.feed(this.#entry.frame)
    return data
  }
}
