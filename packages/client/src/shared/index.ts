export type { RelayRetention } from './relay-log.ts'
export {
  createSharedEventSource,
  type SharedEventSource,
  type SharedEventSourceOptions,
} from './shared-event-source.ts'
export type { SharingMode } from './sharing-mode.ts'
