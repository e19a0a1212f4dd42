export { EventSource as subject } from '@sse/client'
