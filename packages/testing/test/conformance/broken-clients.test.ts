import { describe, expect, it } from 'vitest'
import { CLIENT_CASES } from '../../src/conformance/client/cases/index.ts'
import {
  type AnyEventSourceClass,
  CLIENT_RULES,
  type ClientAdapter,
  conformClient,
} from '../../src/conformance/index.ts'
import { type Fault, faultyEventSource } from './faulty-event-source.ts'

/** What is wrong is often that something never comes. */
const OPTIONS = {
  initWithClock: (clock: object) => ({ clock }),
  timeoutMs: 700,
}

async function failuresOf(
  client: AnyEventSourceClass | ClientAdapter,
  only?: readonly string[],
): Promise<string[]> {
  const { results } = await conformClient(client, {
    ...(typeof client === 'function' && OPTIONS),
    timeoutMs: OPTIONS.timeoutMs,
    only,
  })
  return results.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)
}

/** What each fault must at least break. */
const CAUGHT: Readonly<Record<Exclude<Fault, 'naive-parser' | 'drops-id-header-chars'>, readonly string[]>> =
  {
    'own-members': ['prototype-is-open'],
    'raw-url': ['url-is-serialized', 'url-is-stringified'],
    'unchecked-url': ['bad-url-throws', 'relative-url-without-base'],
    'raw-credentials': ['with-credentials'],
    'writable-constants': ['state-constants'],
    'writable-attributes': ['read-only-attributes'],
    'no-tag': ['is-event-target'],
    'state-after-event': ['ready-state', 'connecting-until-open'],
    'open-in-constructor': ['late-listeners'],
    post: ['request'],
    'id-at-first': ['first-request-without-id', 'no-id-no-header', 'empty-id-no-header'],
    'odd-second-request': ['every-request-alike'],
    'retries-bad-url': ['credentials-in-url'],
    'any-status': ['status-must-be-200', 'no-content-ends-it', 'until-failure', 'close-twice'],
    'type-by-prefix': ['content-type-must-match'],
    'type-exactly': ['content-type-essence'],
    'charset-of-type': ['charset-is-ignored'],
    'keeps-refused-body': ['refused-response-is-freed'],
    'open-with-first-byte': ['open-with-head', 'empty-stream-reconnects'],
    'network-error-is-final': ['break-before-head', 'redirect-to-broken'],
    // Where a body says nothing of its length, Node's fetch takes a reset for its end.
    'end-is-final': ['end-reconnects', 'empty-stream-reconnects', 'break-reconnects'],
    'gives-up': ['keeps-trying'],
    'silence-is-an-error': ['silence-is-allowed'],
    'error-with-data': ['plain-events'],
    'no-redirects': [
      ...[301, 302, 303, 307, 308].map((status) => `redirect-${status}`),
      'redirect-chain',
      'redirect-to-failure',
      'redirect-without-location',
      'redirect-keeps-last-event-id',
    ],
    'forgets-redirect': ['redirect-is-remembered'],
    'no-origin': [301, 302, 303, 307, 308].map((status) => `redirect-${status}-origin`),
    'custom-events': ['message-event'],
    'held-back': ['event-comes-at-once'],
    'one-parser': ['cut-event-is-discarded', 'fresh-decoder'],
    'plain-object': ['property-names-as-types'],
    'eats-open-and-error': ['events-named-open-and-error'],
    'short-events': ['long-event'],
    'handlers-aside': ['handler-attributes', 'handlers-are-called', 'handler-keeps-place'],
    'handlers-stay': ['handler-attributes', 'handler-null'],
    'own-events-only': ['dispatch-by-program'],
    'onmessage-for-all': ['onmessage-is-for-message'],
    'no-listener-options': ['listener-options'],
    'throws-into-reader': ['throwing-listener', 'throwing-open-and-error', 'handler-after-null'],
    'no-tasks': ['task-per-event'],
    'no-id': ['id-is-sent', 'id-without-data-is-sent', 'id-persists', 'id-with-nul-is-not-sent'],
    'odd-id': ['id-is-sent-as-utf-8', 'id-letters'],
    'naive-id': ['unfinished-id-is-not-sent', 'id-with-nul-is-not-sent'],
    'id-for-one-connection': ['id-survives-reconnection'],
    'no-retry': ['retry-is-obeyed', 'retry-at-once', 'last-retry-counts', 'retry-base-ten', 'retry-zero'],
    'loose-retry': [
      'retry-with-letter',
      'retry-with-minus',
      'retry-with-plus',
      'retry-with-space-before',
      'retry-with-space-behind',
      'retry-with-fraction',
      'retry-with-exponent',
      'retry-with-hexadecimal-number',
      'retry-with-arabic-digit',
      'retry-with-nothing',
    ],
    'overflowing-retry': ['retry-overflow', 'longest-retry'],
    'falsy-retry': ['retry-zero'],
    'retry-for-one-connection': ['retry-holds'],
    'no-wait': ['default-reconnection-time'],
    zombie: [
      'close-before-head',
      'close-while-waiting',
      'close-while-reconnecting',
      'close-silent-stream',
      'close-in-event',
    ],
    'tells-of-close': [
      'close-at-once',
      'close-twice',
      'close-silent-stream',
      'closed-source-keeps-attributes',
    ],
    'close-stops-event': ['close-in-one-listener'],
    'close-forgets': ['closed-source-keeps-attributes'],
    'no-close': ['close-in-open', 'close-in-error', 'nothing-after-close'],
  }

/** No client on Node's fetch passes it: that refuses such headers. In a browser it is passed. */
const REFUSED_BY_NODE = 'control-characters-in-id'

/** It connects to nothing, and tells nothing. */
const DEAF: ClientAdapter = { name: 'deaf', open: () => ({ close() {} }) }

describe('conformClient', () => {
  it('passes a client that does it right, but for what fetch of Node refuses to send', async () => {
    const { results } = await conformClient(faultyEventSource(), { ...OPTIONS, timeoutMs: 120_000 })
    expect(results.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)).toEqual([
      REFUSED_BY_NODE,
    ])
  })

  const [alone, together] = [true, false].map((isAlone) =>
    Object.entries(CAUGHT).filter(
      ([, names]) => isAlone === names.some((name) => name.startsWith('throwing')),
    ),
  )

  // Errors that nobody catches belong to the whole process.
  it.each(alone ?? [])('catches %s', catches)
  it.concurrent.each(together ?? [])('catches %s', catches)
  async function catches(fault: string, names: readonly string[]): Promise<void> {
    expect(await failuresOf(faultyEventSource(fault as Fault), names)).toEqual(
      CLIENT_RULES.map(({ name }) => name).filter((name) => names.includes(name)),
    )
  }

  it('catches in every case about streams a client that splits chunks by itself', async () => {
    const streams = CLIENT_RULES.map(({ name }) => name).filter((name) => name.startsWith('stream-'))
    expect(await failuresOf(faultyEventSource('naive-parser'), streams)).toEqual(streams)
  })

  it('catches a client that does nothing, behind an adapter', async () => {
    expect(await failuresOf(DEAF, ['end-reconnects', 'cross-origin', 'url-is-serialized'])).toEqual([
      'end-reconnects',
      'cross-origin',
    ])
  })

  it('has a wrong client for every case that runs here', () => {
    const caught = new Set([...Object.values(CAUGHT).flat(), 'cross-origin', REFUSED_BY_NODE])
    const missing = CLIENT_CASES.filter(
      ({ name, place }) => place !== 'page' && !name.startsWith('stream-') && !caught.has(name),
    )
    expect(missing.map(({ name }) => name)).toEqual([])
  })
})
