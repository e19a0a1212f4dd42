export { EventSource as subject } from 'undici'
