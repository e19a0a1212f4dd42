/**
 * The public surface, as it is built and published: a change to it is a change to these snapshots. Needs a build
 * (`pnpm build`); update with `vitest run -u` once the change is meant.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

// By name, through `exports`. Not by a static import: the types must check before anything is built.
const { resolve } = createRequire(import.meta.url)
const entry = resolve('@sse/core')

it('exports these values', async () => {
  const exported: Record<string, unknown> = await import(/* @vite-ignore */ pathToFileURL(entry).href)
  const kinds = Object.entries(exported).map(([name, value]) => `${name}: ${kindOf(value)}`)
  expect(kinds.sort()).toMatchInlineSnapshot(`
    [
      "BrokenResource: class",
      "ClosedResource: class",
      "EVENT_STREAM_HEADERS: object",
      "EVENT_STREAM_MEDIA_TYPE: string",
      "EndOfStream: class",
      "EventStreamEncoderStream: class",
      "EventStreamParserStream: class",
      "LAST_EVENT_ID_HEADER: string",
      "SseError: class",
      "WouldBlock: class",
      "createEventStreamParser: function",
      "createMemoryChannel: function",
      "createUnboundedParser: function",
      "defineEvents: function",
      "encodeEvent: function",
      "encodeFrame: function",
      "isEventStreamMediaType: function",
      "isSseError: function",
      "jsonEvent: function",
      "onAbort: function",
      "parseEventStream: function",
      "parseGap: function",
      "systemClock: object",
      "text: function",
      "type: function",
      "warn: function",
    ]
  `)
})

it('exports these types', () => {
  expect(
    declaredNames(readFileSync(entry.replace(/\.js$/, '.d.ts'), 'utf8'), 'types'),
  ).toMatchInlineSnapshot(`
    [
      "Clock",
      "CoreErrorCode",
      "DispatchedEvent",
      "EncodeOptions",
      "EventInput",
      "EventMap",
      "EventName",
      "EventOutput",
      "EventSchemas",
      "EventStreamBody",
      "EventStreamIterator",
      "EventStreamParser",
      "EventStreamParserOptions",
      "Gap",
      "GapReason",
      "LineEnding",
      "MemoryChannelStatistics",
      "MemoryReceiver",
      "MemorySender",
      "ParseEventStreamOptions",
      "ParserLimits",
      "SchemaInput",
      "SchemaOutput",
      "ServerSentEvent",
      "SseErrorDetails",
      "StandardSchema",
      "TextSchema",
      "TypedEvent",
      "UnboundedParserOptions",
      "WaitOptions",
    ]
  `)
})

it('declares every value that it exports, and no other', async () => {
  const exported: Record<string, unknown> = await import(/* @vite-ignore */ pathToFileURL(entry).href)
  const declarations = readFileSync(entry.replace(/\.js$/, '.d.ts'), 'utf8')
  expect(declaredNames(declarations, 'values')).toEqual(Object.keys(exported).sort())
})

it('exports its package.json, and nothing else by a deeper path', () => {
  expect(resolve('@sse/core/package.json')).toMatch(/package\.json$/)
  for (const path of ['dist/index.js', 'src/index.ts', 'encode']) {
    expect(() => resolve(`@sse/core/${path}`)).toThrow(/not defined by "exports"/)
  }
})

function kindOf(value: unknown): string {
  if (typeof value !== 'function') return typeof value
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'
}

/** The names in `export { a, type B } from` and `export type { C } from`, which is all that an index has. */
function declaredNames(declarations: string, kind: 'types' | 'values'): string[] {
  const names: string[] = []
  for (const [, typeOnly, list = ''] of declarations.matchAll(/export\s+(type\s+)?\{([^}]*)\}/g)) {
    for (const item of list.split(',').map((part) => part.trim())) {
      if (item === '') continue
      const isType = typeOnly !== undefined || item.startsWith('type ')
      if (isType === (kind === 'types')) names.push(item.replace(/^type\s+/, ''))
    }
  }
  return names.sort()
}
