import { offerToConformance } from '../../src/conformance/index.ts'

const { EventSource } = globalThis as unknown as { EventSource: unknown }
offerToConformance({ native: EventSource })
