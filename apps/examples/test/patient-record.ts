import type { EventSchemas } from '@sse/core'
import { type Recording, type RecordOptions, type RecordSource, record as recordInTime } from '@sse/testing'

/** `record`, with patience for processes and databases on a machine that has other work too: it costs nothing where all goes well. */
export function record<const Schemas extends EventSchemas = EventSchemas>(
  source: RecordSource,
  options?: RecordOptions<Schemas>,
): Promise<Recording<Schemas>> {
  return recordInTime(source, { timeoutMs: 60_000, ...options })
}
