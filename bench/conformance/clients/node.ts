import type { AnyEventSourceClass } from '@sse/testing/conformance'

/** With `--experimental-eventsource`. */
export const subject: AnyEventSourceClass = (globalThis as unknown as { EventSource: AnyEventSourceClass })
  .EventSource
