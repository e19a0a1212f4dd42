import type { ServerCase } from '../server-case.ts'
import { BODY } from './body.ts'
import { CORS } from './cors.ts'
import { DELIVERY } from './delivery.ts'
import { FRAMING } from './framing.ts'
import { HEAD } from './head.ts'
import { REQUESTS } from './requests.ts'
import { RESUMING } from './resuming.ts'
import { TOGETHER } from './together.ts'

export const SERVER_CASES: readonly ServerCase[] = [
  ...HEAD,
  ...FRAMING,
  ...BODY,
  ...DELIVERY,
  ...REQUESTS,
  ...RESUMING,
  ...TOGETHER,
  ...CORS,
]
