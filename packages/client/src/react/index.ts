export {
  createEventStore,
  type EventSnapshot,
  type EventStore,
  lastEvents,
  type Reduction,
} from '../store/event-store.ts'
export { type UseEventSourceOptions, useEventSource } from './use-event-source.ts'
