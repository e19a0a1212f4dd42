import type { EventSchemas } from '@sse/core'
import { LiveRecording } from './live-recording.ts'
import { checkRecordOptions, type RecordOptions } from './record-options.ts'
import type { Recording } from './recording.ts'
import { type NodeRecordSource, type RecordSource, streamSource } from './source.ts'

/**
 * Opens an event stream and records all that comes: `await using stream = await record(app, { path: '/events' })`.
 *
 * Settles when the stream has begun, so that a server knows its reader before the test goes on. An answer that is no event stream
 * makes a recording that has ended with reason `refused`; where there is no answer at all it rejects, a handler's own error as it is.
 *
 * No handler needs a port: a function `(request) => Response`, or an app with `fetch`, is called; one of Node, `(request, response)`,
 * an `http.Server` or a Fastify instance is asked over a connection in memory, with the HTTP of Node itself. A function with two
 * parameters or more is one of Node: wrap a fetch handler that has them, `{ fetch: handler }`.
 *
 * @throws SseError `not-a-source` or `invalid-option`; `not-in-time` when no head came; `unsupported-runtime` for what needs Node.
 */
export function record<const Schemas extends EventSchemas = EventSchemas>(
  source: RecordSource,
  options?: RecordOptions<Schemas>,
): Promise<Recording<Schemas>>
export function record<const Schemas extends EventSchemas = EventSchemas>(
  source: NodeRecordSource,
  options?: RecordOptions<Schemas>,
): Promise<Recording<Schemas>>
export function record<const Schemas extends EventSchemas = EventSchemas>(
  source: RecordSource | NodeRecordSource,
  options?: RecordOptions<Schemas>,
): Promise<Recording<Schemas>>
export async function record<Schemas extends EventSchemas>(
  source: RecordSource | NodeRecordSource,
  options: RecordOptions<Schemas> = {},
): Promise<Recording<Schemas>> {
  return LiveRecording.open(streamSource(source), checkRecordOptions(options))
}
