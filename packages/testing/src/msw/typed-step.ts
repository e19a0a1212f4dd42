import type { EventInput, EventMap, EventName, EventSchemas, ServerSentEvent } from '@sse/core'
import { testingError } from '../errors.ts'
import type { ScriptedHead, Step, Steps } from '../script/step.ts'

/** An event of the map by its `type`, or any other step. */
export type TypedStep<Schemas extends EventSchemas> =
  | Exclude<Step, ServerSentEvent>
  // With a type it is an event of the map, and nothing else: its data is checked.
  | (ServerSentEvent & { readonly type?: never })
  | EventStep<Schemas>

/** An event by its type, with what its schema takes. */
export type EventStep<Schemas extends EventSchemas> = {
  readonly [Name in EventName<Schemas>]: Pick<ServerSentEvent, 'id' | 'retry' | 'comment'> & {
    readonly type: Name
    readonly data: EventInput<Schemas, Name>
  }
}[EventName<Schemas>]

export type TypedSteps<Schemas extends EventSchemas> =
  | Iterable<TypedStep<Schemas>>
  | AsyncIterable<TypedStep<Schemas>>

/** What answers a request: a whole response, or only the steps of a stream with status 200. */
export type TypedAnswer<Schemas extends EventSchemas> =
  | (ScriptedHead & {
      readonly steps?: TypedSteps<Schemas> | undefined
      /** There is no response: the request fails as it does when the network does. */
      readonly networkError?: boolean | undefined
    })
  | TypedSteps<Schemas>

type AnyEventStep = Pick<ServerSentEvent, 'id' | 'retry' | 'comment'> & {
  readonly type: string
  readonly data: unknown
}

/** The same steps, with the events of the map as a server writes them. Throws what the map refuses. */
export function encodeTypedSteps<Given extends TypedSteps<Schemas> | Steps, Schemas extends EventSchemas>(
  steps: Given,
  events: EventMap<Schemas> | undefined,
): Given extends Iterable<unknown> ? Iterable<Step> : Steps {
  type Encoded = Given extends Iterable<unknown> ? Iterable<Step> : Steps
  if (typeof steps === 'string') return steps as Encoded
  return (Symbol.iterator in steps ? encoded(steps, events) : encodedAsync(steps, events)) as Encoded
}

function* encoded<Schemas extends EventSchemas>(
  steps: Iterable<unknown>,
  events: EventMap<Schemas> | undefined,
): Iterable<Step> {
  for (const step of steps) yield encode(step, events)
}

async function* encodedAsync<Schemas extends EventSchemas>(
  steps: AsyncIterable<unknown>,
  events: EventMap<Schemas> | undefined,
): AsyncIterable<Step> {
  for await (const step of steps) yield encode(step, events)
}

function encode<Schemas extends EventSchemas>(step: unknown, events: EventMap<Schemas> | undefined): Step {
  if (!isEventStep(step)) return step as Step
  if (events === undefined) {
    throw testingError(
      'invalid-option',
      `An event by its type, ${JSON.stringify(step.type)}, needs the option events: eventStream(path, script, { events }). Without it an event is { event, data }.`,
      { field: 'events' },
    )
  }
  const { type, data, ...fields } = step
  return events.create(type as EventName<Schemas>, data as EventInput<Schemas, EventName<Schemas>>, fields)
}

function isEventStep(step: unknown): step is AnyEventStep {
  return typeof step === 'object' && step !== null && 'type' in step
}
