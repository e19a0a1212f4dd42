import type { EventSchemas } from '@sse/core'
import { useCallback, useRef, useState, useSyncExternalStore } from 'react'
import {
  createEventStore,
  type EventSnapshot,
  type EventStore,
  emptySnapshot,
  type Reduction,
} from '../store/event-store.ts'
import type { TypedEventSource } from '../typed-event-source.ts'
import { StoreRegistry } from './store-registry.ts'

export interface UseEventSourceOptions<Schemas extends EventSchemas, Data, Selected> {
  /** What the component needs. It is rendered again only when this is another value. Default: the whole snapshot. */
  readonly select?: ((snapshot: EventSnapshot<Schemas, Data>) => Selected) | undefined
  /** Whether two selected values are the same. Default `Object.is`. */
  readonly equal?: ((a: Selected, b: Selected) => boolean) | undefined
  /**
   * What makes `data` of all events, such as {@link lastEvents}. It belongs to the key, as the source does: who uses the key first
   * decides.
   */
  readonly reduction?: Reduction<Schemas, Data> | undefined
  /** How long the source is kept when nobody uses it any more: a component that comes back soon finds it open. Default 1,000 ms. */
  readonly keepMs?: number | undefined
}

// A store is found by its key alone, so its types are those that its users agree on.
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyStore = EventStore<any, any>

const registry = new StoreRegistry<AnyStore>()

/**
 * Follows an event source: `const { state, latest } = useEventSource('prices', () => createEventSource('/prices', { events }))`.
 *
 * All components with the same key share one source. It is opened when the first of them is mounted, never while rendering or on
 * a server, and closed a moment after the last is unmounted. With another key it is another source; with `null` there is none.
 * A component is rendered at most once per frame, however many events there are.
 */
export function useEventSource<
  Schemas extends EventSchemas,
  Data = undefined,
  Selected = EventSnapshot<Schemas, Data>,
>(
  key: string | null | undefined,
  open: () => TypedEventSource<Schemas>,
  options: UseEventSourceOptions<Schemas, Data, Selected> = {},
): Selected {
  type Snapshot = EventSnapshot<Schemas, Data>
  const { select, equal = Object.is, reduction, keepMs = 1_000 } = options
  const [empty] = useState(() => emptySnapshot<Schemas, Data>(reduction?.initial as Data))

  // Whoever mounts first opens it, with what it has then; so only another key makes it subscribe anew.
  const opening = useRef({ open, reduction, keepMs })
  opening.current = { open, reduction, keepMs }
  const subscribe = useCallback(
    (callback: () => void) => {
      if (key === null || key === undefined) return () => {}
      const { open, reduction, keepMs } = opening.current
      const make = (): AnyStore =>
        reduction === undefined ? createEventStore(open()) : createEventStore(open(), reduction)
      const { store, release } = registry.acquire(key, make, keepMs)
      const unsubscribe = store.subscribe(callback)
      return () => {
        unsubscribe()
        release()
      }
    },
    [key],
  )

  const memo = useRef<{ snapshot: Snapshot; select: typeof select; selected: Selected } | undefined>(
    undefined,
  )
  const selectFrom = (snapshot: Snapshot): Selected => {
    const last = memo.current
    if (last?.snapshot === snapshot && last.select === select) return last.selected
    const next = select === undefined ? (snapshot as unknown as Selected) : select(snapshot)
    // The same object as before, so that React sees that nothing has changed.
    const selected = last !== undefined && equal(last.selected, next) ? last.selected : next
    memo.current = { snapshot, select, selected }
    return selected
  }
  const getSnapshot = (): Snapshot =>
    (typeof key === 'string' ? registry.get(key)?.getSnapshot() : undefined) ?? empty
  return useSyncExternalStore(
    subscribe,
    () => selectFrom(getSnapshot()),
    () => selectFrom(empty),
  )
}
