import { expect, it } from 'vitest'
import { ConnectionError } from '../errors.ts'
import { type ConnectionState, describeState } from './connection-state.ts'

const response = { url: '/', status: 503, headers: new Headers() }
const refused = new ConnectionError('refused', '', { response })

it.each<[ConnectionState, string]>([
  [{ status: 'connecting', attempt: 3 }, 'connecting, attempt 3'],
  [{ status: 'open', since: 58_800, response }, 'open for 1.2 s'],
  [
    { status: 'waiting', until: 64_500, attempt: 2, error: refused },
    'waiting 4.5 s for attempt 2, because refused with status 503',
  ],
  [
    { status: 'waiting', until: 50_000, attempt: 2, error: new ConnectionError('stalled', '') },
    'waiting 0.0 s for attempt 2, because stalled',
  ],
  [{ status: 'suspended', reason: 'offline' }, 'suspended, offline'],
  [
    { status: 'suspended', reason: 'circuit-open', until: 1, error: refused },
    'suspended, circuit-open, because refused with status 503',
  ],
  [{ status: 'closed', reason: 'done' }, 'closed, done'],
  [{ status: 'closed', reason: 'failed', error: refused }, 'closed, failed: refused with status 503'],
])('describes %o at a glance', (state, words) => {
  expect(describeState(state, 60_000)).toBe(words)
})
