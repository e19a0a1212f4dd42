export { EventSource as subject } from 'eventsource'
