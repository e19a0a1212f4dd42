import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testingError } from '../../errors.ts'
import { type CaseSelection, mapConcurrently, runCase } from '../case-run.ts'
import { checkDuration, checkSelection } from '../check-options.ts'
import { nodeModule } from '../node-module.ts'
import { ConformanceReport } from '../report/conformance-report.ts'
import type { ConformanceRule } from '../rule.ts'
import { SERVER_CASES } from './cases/index.ts'
import { asBytes, type ServerSettings, ServerUnderTest } from './server-under-test.ts'

/** A handler of node:http; an Express app is one, as is `app.callback()` of Koa. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown

export interface ConformServerOptions extends CaseSelection {
  /** The name of the server in the report. Default its URL. */
  readonly subject?: string | undefined
  /** Sent with every request, as an authorization may need. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default GET. */
  readonly method?: string | undefined
  /** Sent with every request that has this method. */
  readonly body?: string | undefined
  /**
   * How long one stream is looked at. Default 2,000 ms. Pings are judged from 17,000 ms on; what does not come in this time was not
   * seen, and what depends on it is skipped.
   */
  readonly observeMs?: number | undefined
  /** How long an answer may take. Default 2,000 ms. */
  readonly timeoutMs?: number | undefined
  /** Makes an event come on every open stream: a function, or a URL to which a POST is sent. It is called several times. */
  readonly trigger?: (() => unknown) | string | URL | undefined
  /** Another origin that must be able to read the stream. Default none: CORS is then not judged. */
  readonly origin?: string | undefined
  /** Whether that origin sends credentials (`withCredentials`). Default false. */
  readonly credentials?: boolean | undefined
  /** Whether a server at an `http:` URL speaks HTTP/2 there, too. Default false; over `https:` that is found out. */
  readonly http2?: boolean | undefined
}

/** The rules that `conformServer` tries, in order. */
export const SERVER_RULES: readonly ConformanceRule[] = SERVER_CASES

/**
 * Looks at a server of event streams from outside: opens streams, comes back with ids, breaks off, and asks what a proxy or an
 * old client would. It sends GET, HEAD, OPTIONS and PROPFIND, which change nothing, and the `method` and `trigger` it was given.
 *
 * @param server the URL of a stream, or a handler of node:http that answers every request with one.
 * @throws SseError `invalid-option`.
 */
export async function conformServer(
  server: string | URL | NodeHandler,
  options: ConformServerOptions = {},
): Promise<ConformanceReport> {
  checkSelection(options, SERVER_CASES)
  await using listening = typeof server === 'function' ? await listen(server) : undefined
  const url = listening?.url ?? parseUrl(server as string | URL)
  const tried = new ServerUnderTest(settingsOf(url, options))
  const chosen = SERVER_CASES.filter(({ name }) => options.only?.includes(name) ?? true)
  // One by one: a server may limit the connections of a client, and what one case calls for would come to another.
  const results = await mapConcurrently(chosen, 1, (each) =>
    runCase(each, options, async () => await each.judge(tried)),
  )
  const subject = options.subject ?? (typeof server === 'function' ? server.name || 'handler' : url.href)
  return new ConformanceReport(subject, results)
}

function settingsOf(url: URL, options: ConformServerOptions): ServerSettings {
  const { method = 'GET', headers = {}, body, trigger, origin, credentials = false, http2 = false } = options
  return {
    url,
    method,
    body,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        checkHeader(name, value).toLowerCase(),
        asBytes(value),
      ]),
    ),
    observeMs: checkDuration('observeMs', options.observeMs ?? 2_000),
    timeoutMs: checkDuration('timeoutMs', options.timeoutMs ?? 2_000),
    trigger: trigger === undefined ? undefined : triggerOf(trigger),
    origin,
    credentials,
    http2,
  }
}

/** Headers are written as they are: a line break in one would be another header. */
function checkHeader(name: string, value: string): string {
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !/[\r\n\0]/.test(value)) return name
  throw testingError('invalid-option', `${JSON.stringify(`${name}: ${value}`)} is no header.`, {
    field: 'headers',
  })
}

function triggerOf(trigger: (() => unknown) | string | URL): () => Promise<unknown> {
  if (typeof trigger === 'function') return async () => await trigger()
  const url = parseUrl(trigger, 'trigger')
  return async () => {
    const response = await fetch(url, { method: 'POST' })
    await response.body?.cancel()
    if (!response.ok)
      throw testingError(
        'invalid-option',
        `The trigger ${url} was answered with status ${response.status}.`,
        {
          field: 'trigger',
        },
      )
  }
}

function parseUrl(text: string | URL, field = 'server'): URL {
  const url = URL.parse(String(text))
  if (url !== null && /^https?:$/.test(url.protocol)) return url
  throw testingError('invalid-option', `${JSON.stringify(String(text))} is no URL with http: or https:.`, {
    field,
  })
}

async function listen(handler: NodeHandler): Promise<AsyncDisposable & { readonly url: URL }> {
  const server = nodeModule('node:http').createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
