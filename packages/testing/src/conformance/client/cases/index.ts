import type { ClientCase } from '../client-case.ts'
import { CLOSING } from './closing.ts'
import { CONSTRUCTOR } from './constructor.ts'
import { CROSS_ORIGIN } from './cross-origin.ts'
import { EVENTS } from './events.ts'
import { HANDLERS } from './handlers.ts'
import { LAST_EVENT_ID } from './last-event-id.ts'
import { PARSING } from './parsing.ts'
import { RECONNECTING } from './reconnecting.ts'
import { RECONNECTION_TIME } from './reconnection-time.ts'
import { REDIRECTS } from './redirects.ts'
import { REQUESTS } from './requests.ts'
import { RESPONSES } from './responses.ts'

export const CLIENT_CASES: readonly ClientCase[] = [
  ...CONSTRUCTOR,
  ...REQUESTS,
  ...RESPONSES,
  ...RECONNECTING,
  ...REDIRECTS,
  ...CROSS_ORIGIN,
  ...PARSING,
  ...EVENTS,
  ...HANDLERS,
  ...LAST_EVENT_ID,
  ...RECONNECTION_TIME,
  ...CLOSING,
]
