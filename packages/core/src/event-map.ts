import { SseError } from './errors.ts'
import { checkSingleLine } from './field-values.ts'
import type { DispatchedEvent, ServerSentEvent } from './server-sent-event.ts'
import type { SchemaInput, SchemaIssue, SchemaOutput, StandardSchema } from './standard-schema.ts'
import { memberPath, toStrictJson } from './strict-json.ts'

/** A schema for each event type. Any Standard Schema (zod, valibot, arktype, …), or {@link type}, or {@link text}. */
// biome-ignore lint/suspicious/noExplicitAny: `unknown` would refuse every schema, because inputs are contravariant.
export type EventSchemas = Readonly<Record<string, StandardSchema<any, any>>>

/** The names of the events in a map. */
export type EventName<Schemas extends EventSchemas> = keyof Schemas & string
/** What a writer passes for an event of this name. */
export type EventInput<Schemas extends EventSchemas, Name extends EventName<Schemas>> = SchemaInput<
  Schemas[Name]
>
/** What a reader gets for an event of this name. */
export type EventOutput<Schemas extends EventSchemas, Name extends EventName<Schemas>> = SchemaOutput<
  Schemas[Name]
>

/** An event with its data parsed and validated: a union over the names of the map, told apart by `type`. */
export type TypedEvent<Schemas extends EventSchemas> = {
  readonly [Name in EventName<Schemas>]: {
    readonly type: Name
    readonly data: EventOutput<Schemas, Name>
    readonly lastEventId: string
  }
}[EventName<Schemas>]

/** One contract for both ends of a stream. Made by {@link defineEvents}. */
export interface EventMap<Schemas extends EventSchemas> {
  readonly schemas: Schemas
  /**
   * A validated event, ready to be written. The data goes out as it was passed, so that a schema's transformations
   * happen once, at the reader.
   *
   * @throws SseError `unknown-event`, `invalid-data`, `async-schema`, or what the encoder refuses.
   */
  create<Name extends EventName<Schemas>>(
    name: Name,
    data: EventInput<Schemas, Name>,
    fields?: Pick<ServerSentEvent, 'id' | 'retry' | 'comment'>,
  ): ServerSentEvent
  /**
   * What was read, with its data parsed, validated and transformed by its schema.
   *
   * @throws SseError `unknown-event`, `invalid-data` or `async-schema`.
   */
  parse(event: DispatchedEvent): TypedEvent<Schemas>
}

/**
 * Names the events of a stream and what each carries: `defineEvents({ price: z.object({ … }), tick: type<number>() })`.
 *
 * Data is JSON on the wire, strings included, except for {@link text}. Schemas must validate synchronously: a
 * validation that waits would let events overtake each other.
 *
 * @throws SseError `invalid-event-map`
 */
export function defineEvents<const Schemas extends EventSchemas>(schemas: Schemas): EventMap<Schemas> {
  for (const [name, schema] of Object.entries(schemas)) checkEntry(name, schema)

  return {
    schemas,
    create(name, data, fields) {
      const schema = schemaOf(schemas, name)
      validate(name, schema, data)
      return {
        ...fields,
        // The default type needs no field.
        ...(name !== 'message' && { event: name }),
        data: isText(schema) ? data : toStrictJson(data),
      }
    },
    parse({ type, data, lastEventId }) {
      const schema = schemaOf(schemas, type)
      const value = validate(type, schema, isText(schema) ? data : parseJson(type, data))
      return { type, data: value, lastEventId } as TypedEvent<Schemas>
    },
  }
}

/** A type without a check at run time, for data that is trusted: `type<{ at: number }>()`. */
export function type<T>(): StandardSchema<T, T> {
  return { '~standard': { version: 1, vendor: '@sse/core', validate: (value) => ({ value: value as T }) } }
}

/** Data that is plain text on the wire, not JSON: tokens of a language model, lines of a log, `[DONE]`. */
export function text(): TextSchema {
  return {
    wireFormat: 'text',
    '~standard': {
      version: 1,
      vendor: '@sse/core',
      validate: (value) =>
        typeof value === 'string' ? { value } : { issues: [{ message: 'Expected a string' }] },
    },
  }
}

/** A schema whose data is not JSON on the wire. */
export interface TextSchema extends StandardSchema<string, string> {
  readonly wireFormat: 'text'
}

function isText(schema: StandardSchema): boolean {
  return (schema as Partial<TextSchema>).wireFormat === 'text'
}

function checkEntry(name: string, schema: unknown): void {
  try {
    checkSingleLine('event', name)
  } catch (cause) {
    throw new SseError(
      'invalid-event-map',
      `${JSON.stringify(name)} cannot name an event. ${(cause as Error).message}`,
      {
        field: name,
        cause,
      },
    )
  }
  const standard = (schema as Partial<StandardSchema> | null | undefined)?.['~standard']
  if (name === '' || typeof standard?.validate !== 'function') {
    throw new SseError(
      'invalid-event-map',
      name === ''
        ? "An event needs a name. Events without one are of type 'message': use that."
        : `The event ${JSON.stringify(name)} needs a Standard Schema (zod, valibot, arktype, …), or type<T>() for a type without a check, or text().`,
      { field: name },
    )
  }
}

function schemaOf(schemas: EventSchemas, name: string): StandardSchema {
  // Own names only: `constructor` and `__proto__` may come from the wire.
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (schema !== undefined) return schema
  throw new SseError(
    'unknown-event',
    `There is no event ${JSON.stringify(name)} in this map. It has ${Object.keys(schemas).join(', ') || 'none'}.`,
    { field: 'event' },
  )
}

function validate(name: string, schema: StandardSchema, value: unknown): unknown {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    // Its own failure is of no more interest, and must not end the process as an unhandled rejection.
    result.catch(() => {})
    throw new SseError(
      'async-schema',
      `The schema of ${JSON.stringify(name)} validates asynchronously, which would let events overtake each other. Use a synchronous schema, and do checks that wait before you publish.`,
      { field: name },
    )
  }
  if (result.issues === undefined) return result.value
  const issues = result.issues.map((issue) => ({ message: issue.message, path: pathOf(issue) }))
  const first = issues[0]
  throw new SseError(
    'invalid-data',
    `The data of ${JSON.stringify(name)} does not fit its schema: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
    { field: 'data', path: first?.path, issues },
  )
}

/** `data.items[0].price`, the way the strict JSON encoder names its paths. */
function pathOf(issue: SchemaIssue): string {
  let path = 'data'
  for (const segment of issue.path ?? []) {
    const key = typeof segment === 'object' ? segment.key : segment
    path = typeof key === 'number' ? `${path}[${key}]` : memberPath(path, String(key))
  }
  return path
}

function parseJson(name: string, data: string): unknown {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw new SseError(
      'invalid-data',
      `The data of ${JSON.stringify(name)} is not JSON. Declare the event with text() if it is plain text.`,
      { field: 'data', path: 'data', cause },
    )
  }
}
