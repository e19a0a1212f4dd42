import { failed, passed, skipped, type Verdict } from '../../case-run.ts'
import type { ResponseHead } from '../raw-exchange.ts'
import type { ServerCase } from '../server-case.ts'
import type { ServerSettings, StreamRequest } from '../server-under-test.ts'

/** Other origins, where the server is meant for one. */
export const CORS: readonly ServerCase[] = [
  whenAsked(
    {
      name: 'cors',
      section: 'Fetch §3.3.3',
      level: 'must',
      title: 'the other origin may read the stream',
      advice:
        'Send `Access-Control-Allow-Origin` with the origin, and `Access-Control-Allow-Credentials: true` for `withCredentials`, where `*` does not do.',
    },
    {},
    forbidden,
  ),
  whenAsked(
    {
      name: 'cors-preflight',
      section: 'Fetch §3.3.2',
      level: 'must',
      title: 'the other origin may send Last-Event-ID',
      advice:
        'Answer the preflight (OPTIONS) with a status of 200 to 299 and `Access-Control-Allow-Headers: last-event-id`: without it, clients that ask first cannot resume.',
    },
    {
      method: 'OPTIONS',
      headers: {
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'last-event-id',
        'cache-control': undefined,
      },
    },
    (head, settings) => {
      if (head.status < 200 || head.status > 299) return `status ${head.status}`
      const allowed = (head.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
      const any = allowed.includes('*') && !settings.credentials
      if (!any && !allowed.includes('last-event-id'))
        return `Access-Control-Allow-Headers: ${head.get('access-control-allow-headers') ?? '(none)'}`
      return forbidden(head, settings)
    },
  ),
]

/** Why the origin may not read the response, as Fetch checks it. */
function forbidden({ get }: ResponseHead, { origin, credentials }: ServerSettings): string | undefined {
  const allowed = get('access-control-allow-origin')
  if (allowed !== origin && (credentials || allowed !== '*'))
    return `Access-Control-Allow-Origin: ${allowed ?? '(none)'}`
  if (credentials && get('access-control-allow-credentials') !== 'true')
    return 'no Access-Control-Allow-Credentials: true'
  return undefined
}

function whenAsked(
  rule: Omit<ServerCase, 'judge'>,
  request: StreamRequest,
  wrongWith: (head: ResponseHead, settings: ServerSettings) => string | undefined,
): ServerCase {
  return {
    ...rule,
    async judge(server): Promise<Verdict> {
      const { settings } = server
      if (settings.origin === undefined) return skipped('no origin was given')
      using exchange = server.open({ ...request, headers: { ...request.headers, origin: settings.origin } })
      const wrong = wrongWith(await exchange.awaitHead(settings.timeoutMs), settings)
      return wrong === undefined ? passed : failed(wrong)
    },
  }
}
