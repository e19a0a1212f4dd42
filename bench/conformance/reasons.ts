/**
 * Why a case is not kept, where documentation or code tells: by the name of the case, and the key of the column, or `all`. Each was
 * looked at by hand.
 */
const REASONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'task-per-event': {
    all: 'The events of a chunk are dispatched in one go. In a page a task for each, by timers, would cost 4 ms.',
  },
  'control-characters-in-id': {
    all: 'The HTTP client below refuses such header values, as RFC 9110 would have it.',
    undici: 'It leaves out a header that could not be sent.',
  },
  'retry-overflow': {
    all: 'The time goes to `setTimeout` as it is, and that takes more than 2³¹−1 ms for 1.',
  },
  'redirect-is-remembered': {
    all: 'It begins at the first URL each time.',
    launchdarkly: 'A relative `Location` is not resolved.',
    undici:
      'By choice: a request that is used again would count all redirects of its life, and fail after 20 (comment in eventsource.js).',
  },
  'is-event-target': {
    all: '`Object.prototype.toString` gives `[object EventTarget]`: there is no `Symbol.toStringTag`.',
    eventsource: 'There is no `Symbol.toStringTag`, and its length is 2.',
  },
  'handler-keeps-place': {
    all: 'Setting a handler takes its listener off and adds another, which comes last.',
  },
  'charset-is-ignored': { chromium: 'Chromium refuses every charset but UTF-8.' },
  'cross-origin-last-event-id': { chromium: 'Chromium sends this header of its own without a preflight.' },
  'cors-missing': {
    oursInChromium: 'A script cannot tell a response that CORS forbids from a broken connection.',
  },
  'cors-other-origin': { oursInChromium: 'As before.' },
  'cors-wildcard-with-credentials': { oursInChromium: 'As before.' },
  'cors-credentials-missing': { oursInChromium: 'As before.' },
  'stop-fails-attempt': {
    oursInChromium: 'A script is told of a stopped request as of a broken connection.',
  },
  'stop-fails-stream': { oursInChromium: 'As before.' },
  'status-must-be-200': {
    undici:
      'Status 401 is asked for twice: its requests have the flag use-URL-credentials, which its fetch tries again with.',
    eventsourceClient: 'In its code only 204 ends it; the body of any other status is read as a stream.',
    launchdarkly: 'Documented: 500, 502, 503 and 504 are tried again.',
  },
  'content-type-must-match': {
    eventsourceClient: 'It does not look at the content type.',
    launchdarkly: 'It does not look at the content type.',
  },
  'until-failure': { eventsourceClient: 'Status 404 does not end it.' },
  'redirect-to-failure': {
    eventsourceClient: 'Status 404 does not end it.',
    launchdarkly: 'Status 302 is not followed.',
  },
  'redirect-without-location': { eventsourceClient: 'The body of a 302 is read as a stream.' },
  'close-twice': {
    eventsourceClient: 'Status 404 does not end it, so that the case does not come to `close()`.',
  },
  'refused-response-is-freed': {
    eventsourceClient: 'Nothing is refused.',
    launchdarkly: 'Status 500 is tried again.',
  },
  'no-content-ends-it': {
    eventsourceClient: '204 ends it, but is told as a connection (`onConnect`) before.',
  },
  'id-is-sent-as-utf-8': {
    all: 'The HTTP client below refuses characters beyond Latin-1: an id must be encoded before it becomes a header.',
  },
  'id-without-data-is-sent': {
    eventsourceClient: 'It learns of an id with its event only.',
    launchdarkly: 'It learns of an id with its event only.',
  },
  'stream-id-of-block-without-data': { eventsourceClient: 'It learns of an id with its event only.' },
  'id-survives-reconnection': {
    node: 'The id survives, but an empty one does not take it back.',
    eventsourceClient: 'The id survives, but an empty one in a block without data does not take it back.',
  },
  'stream-cr-at-end': {
    all: 'A CR at the end of a chunk waits for what follows it.',
  },
  'stream-data-without-colon': { eventsourceClient: 'A CR at the end of a chunk waits for what follows it.' },
  'stream-cut-anywhere': { eventsourceClient: 'A CR at the end of a chunk waits for what follows it.' },
  'stream-second-bom': { all: 'The decoder drops one BOM, and the parser another.' },
  'stream-misread-bom': { all: 'The parser takes the letters ï»¿ for a BOM.' },
  'stream-type-reset': { all: 'The first type of a block stays when an empty one follows.' },
  'stream-bom-at-start': { launchdarkly: 'A BOM that comes in more than one chunk is not seen.' },
  'stream-comments-within-event': {
    launchdarkly: 'A CR and an LF that are ends of different lines are taken for one.',
  },
  'stream-field-names-literally': { launchdarkly: 'As before.' },
  'stream-leading-tab': { launchdarkly: 'As before.' },
  'stream-lf-cr': { launchdarkly: 'A CR and an LF that are ends of different lines are taken for one.' },
  'close-at-once': { all: '`close()` aborts the request, which is then told as an error.' },
  'close-before-head': { all: '`close()` aborts the request, which is then told as an error.' },
  'close-in-event': { all: 'The events of the same chunk are dispatched without a look at the state.' },
  'close-in-one-listener': {
    all: 'The events of the same chunk are dispatched without a look at the state.',
  },
  'url-is-stringified': { eventsource: 'It takes a string or a `URL`, and refuses other objects.' },
  'with-credentials': { eventsource: 'The value is kept as it was given.' },
  'state-constants': { eventsource: 'They are fields that can be written.' },
  'plain-events': {
    eventsource: 'Documented: errors are of a class of their own, with `code` and `message`.',
  },
  'handler-attributes': { eventsource: 'What is no function is given to `addEventListener`, which throws.' },
  'credentials-in-url': { all: '`fetch` refuses such a URL, and that is taken for a broken connection.' },
  'retry-with-letter': { launchdarkly: '`retry` is read by `parseInt`.' },
  'retry-with-minus': { launchdarkly: '`retry` is read by `parseInt`.' },
  'retry-with-plus': { launchdarkly: '`retry` is read by `parseInt`.' },
  'retry-with-fraction': { launchdarkly: '`retry` is read by `parseInt`.' },
  'retry-with-exponent': { launchdarkly: '`retry` is read by `parseInt`.' },
  'retry-with-hexadecimal-number': { launchdarkly: '`retry` is read by `parseInt`.' },
  'retry-with-space-before': { launchdarkly: '`retry` is read by `parseInt`.' },
  'retry-with-space-behind': { launchdarkly: '`retry` is read by `parseInt`.' },
  'redirect-301': { launchdarkly: 'A relative `Location` is not resolved.' },
  'redirect-302': { launchdarkly: 'Documented: only 301 and 307 are followed.' },
  'redirect-303': { launchdarkly: 'Documented: only 301 and 307 are followed.' },
  'redirect-307': { launchdarkly: 'A relative `Location` is not resolved.' },
  'redirect-308': { launchdarkly: 'Documented: only 301 and 307 are followed.' },
  'redirect-chain': { launchdarkly: 'A relative `Location` is not resolved.' },
  'redirect-to-broken': { launchdarkly: 'Status 302 is not followed.' },
  'redirect-keeps-last-event-id': { launchdarkly: 'Status 302 is not followed.' },
  'http-1.0': { hono: '`streamSSE` sets `Transfer-Encoding: chunked` itself, whatever the version.' },
  'ping-when-idle': {
    hono: 'Pings are left to its users.',
    fastifySse: 'Its heartbeat is 30 s by default (`heartbeatInterval`).',
  },
  'no-transform': {
    hono: '`Cache-Control` is `no-cache`; users may set it.',
    fastifySse: '`Cache-Control` is `no-cache`; users may set it.',
  },
  'head-like-get': {
    all: 'HEAD starts a stream, and its head is not sent: the request is not answered until the client leaves.',
  },
  'head-leaves-nothing-open': {
    all: 'HEAD starts a stream, and its head is not sent: the request is not answered until the client leaves.',
  },
}

export function reasonOf(rule: string, column: string): string | undefined {
  return REASONS[rule]?.[column] ?? REASONS[rule]?.['all']
}
