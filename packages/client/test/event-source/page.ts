import { offerToConformance } from '@sse/testing/conformance'
import { EventSource } from '../../src/event-source.ts'

// `globalThis`: the name alone is ours here.
const native = (globalThis as unknown as { EventSource: unknown }).EventSource
offerToConformance({ ours: EventSource, native })
