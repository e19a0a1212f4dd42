import type { EventName, EventOutput, EventSchemas, Gap, StandardSchema } from '@sse/core'

/** What a source without an event map carries: any type, and its data as text. */
export type UntypedEvents = Readonly<Record<string, StandardSchema<string, string>>>

/** The types one can listen to: those of the event map, and `gap`, by which a channel tells that events were missed. */
export type ListenableType<Schemas extends EventSchemas> = EventName<Schemas> | 'gap'

export type DataOf<Schemas extends EventSchemas, Type extends ListenableType<Schemas>> = Type extends 'gap'
  ? Gap
  : EventOutput<Schemas, Type & EventName<Schemas>>

/**
 * An event as it is handed out: a union over its types, told apart by `type`. Without an event map its data is text, that of a
 * `gap` in an iteration included: see `parseGap` of `@sse/core`.
 */
export type SourceEvent<
  Schemas extends EventSchemas,
  Type extends ListenableType<Schemas> = ListenableType<Schemas>,
> = {
  readonly [Each in Type]: {
    readonly type: Each
    readonly data: DataOf<Schemas, Each>
    readonly lastEventId: string
  }
}[Type]

export type EventListenerOf<Schemas extends EventSchemas, Type extends ListenableType<Schemas>> = (
  data: DataOf<Schemas, Type>,
  event: SourceEvent<Schemas, Type>,
) => void
