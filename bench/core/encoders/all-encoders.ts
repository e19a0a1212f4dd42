import { betterSse } from './better-sse.ts'
import { checkedTemplate } from './checked-template.ts'
import type { Encoder } from './encoder.ts'
import { eventsourceEncoderBuffer, eventsourceEncoderTextEncoder } from './eventsource-encoder.ts'
import { honoStreaming } from './hono.ts'
import { sseCore } from './sse-core.ts'

export const ENCODERS: readonly Encoder[] = [
  sseCore,
  checkedTemplate,
  eventsourceEncoderBuffer,
  eventsourceEncoderTextEncoder,
  betterSse,
  honoStreaming,
]
