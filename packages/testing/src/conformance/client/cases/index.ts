import type { ClientCase } from '../client-case.ts'
import { CLOSING } from './closing.ts'
import { CONSTRUCTOR } from './constructor.ts'
import { CROSS_ORIGIN } from './cross-origin.ts'
import { EVENTS } from './events.ts'
import { HANDLERS } from './handlers.ts'
import { PARSING } from './parsing.ts'
import { RECONNECTING } from './reconnecting.ts'
import { REDIRECTS } from './redirects.ts'
import { REQUESTS } from './requests.ts'
import { RESPONSES } from './responses.ts'

export const CLIENT_CASES: readonly ClientCase[] = [
  ...CONSTRUCTOR,
  ...REQUESTS,
  ...RESPONSES,
  ...REDIRECTS,
  ...CROSS_ORIGIN,
  ...PARSING,
  ...EVENTS,
  ...HANDLERS,
  ...RECONNECTING,
  ...CLOSING,
]
