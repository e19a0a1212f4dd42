import { EventSource } from '@sse/client'
import { offerToConformance } from '@sse/testing/conformance'

offerToConformance({ ours: EventSource, native: globalThis.EventSource })
