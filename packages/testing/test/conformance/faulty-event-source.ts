import { type Clock, createEventStreamParser, isEventStreamMediaType } from '@sse/core'

/** Ways to be wrong. Each breaks some rule that the suite must catch. */
export type Fault =
  | 'own-members'
  | 'raw-url'
  | 'unchecked-url'
  | 'raw-credentials'
  | 'writable-constants'
  | 'writable-attributes'
  | 'no-tag'
  | 'state-after-event'
  | 'open-in-constructor'
  | 'post'
  | 'id-at-first'
  | 'odd-second-request'
  | 'retries-bad-url'
  | 'any-status'
  | 'type-by-prefix'
  | 'type-exactly'
  | 'charset-of-type'
  | 'keeps-refused-body'
  | 'open-with-first-byte'
  | 'network-error-is-final'
  | 'end-is-final'
  | 'gives-up'
  | 'silence-is-an-error'
  | 'error-with-data'
  | 'no-redirects'
  | 'forgets-redirect'
  | 'no-origin'
  | 'custom-events'
  | 'held-back'
  | 'one-parser'
  | 'plain-object'
  | 'eats-open-and-error'
  | 'short-events'
  | 'naive-parser'
  | 'handlers-aside'
  | 'handlers-stay'
  | 'own-events-only'
  | 'onmessage-for-all'
  | 'no-listener-options'
  | 'throws-into-reader'
  | 'no-tasks'
  | 'no-id'
  | 'odd-id'
  | 'naive-id'
  | 'id-for-one-connection'
  | 'no-retry'
  | 'loose-retry'
  | 'overflowing-retry'
  | 'falsy-retry'
  | 'retry-for-one-connection'
  | 'no-wait'
  | 'zombie'
  | 'tells-of-close'
  | 'close-stops-event'
  | 'close-forgets'
  | 'no-close'

interface Init {
  readonly withCredentials?: boolean
  readonly clock: Clock
}

const LONGEST_MS = 0x7fff_ffff

/** The `EventSource` of the standard, in little space: right without faults, and wrong in one way with each. */
export function faultyEventSource(...faults: readonly Fault[]) {
  const has = (fault: Fault): boolean => faults.includes(fault)

  class EventSource extends EventTarget {
    declare static readonly CONNECTING: 0
    declare static readonly OPEN: 1
    declare static readonly CLOSED: 2
    #state: 0 | 1 | 2 = 0
    #url: string
    #target: string
    readonly #credentials: boolean
    readonly #clock: Clock
    readonly #handlers: Record<string, ((event: Event) => unknown) | null> = {}
    #abort = new AbortController()
    #cancelTimer: () => void = () => {}
    #lastEventId = ''
    #retryMs = 3_000
    #attempts = 0
    #failures = 0
    #parser: ReturnType<typeof createEventStreamParser> | undefined
    readonly #told: Event[] = []
    readonly #own = new WeakSet<Event>()

    constructor(url: string | URL, init?: Init | null) {
      super()
      this.#url = has('raw-url') ? (url as string) : parsed(url)
      this.#target = this.#url
      this.#credentials = has('raw-credentials')
        ? (init?.withCredentials as boolean)
        : !!init?.withCredentials
      this.#clock = init?.clock ?? fallbackClock
      if (has('own-members')) Object.assign(this, EventSource.prototype)
      if (has('writable-attributes')) {
        for (const name of ['url', 'readyState', 'withCredentials'])
          Object.defineProperty(this, name, { value: Reflect.get(this, name), writable: true })
      }
      if (has('open-in-constructor')) this.dispatchEvent(new Event('open'))
      this.#attempt().catch(() => {})
    }

    get url(): string {
      return this.#url
    }
    get withCredentials(): boolean {
      return this.#credentials
    }
    get readyState(): 0 | 1 | 2 {
      return this.#state
    }

    close(): void {
      if (has('no-close')) return
      if (has('close-forgets')) this.#url = ''
      if (has('close-stops-event')) for (const event of this.#told) event.stopImmediatePropagation()
      this.#state = 2
      if (has('tells-of-close')) this.dispatchEvent(new Event('error'))
      if (has('zombie')) return
      this.#abort.abort()
      this.#cancelTimer()
    }

    async #attempt(): Promise<void> {
      this.#abort = new AbortController()
      this.#attempts++
      try {
        await this.#connect(this.#abort.signal)
        if (this.#state !== 2 || has('zombie')) this.#lost(has('end-is-final'))
      } catch (error) {
        if (this.#state === 2 && !has('zombie')) return
        this.#lost(error instanceof Refused || has('network-error-is-final'))
      }
    }

    async #connect(signal: AbortSignal): Promise<void> {
      const { origin } = new URL(this.#target)
      if (!has('retries-bad-url') && /\/\/[^/]*@/.test(this.#target)) throw new Refused()
      const response = await fetch(this.#target, {
        signal,
        cache: 'no-store',
        method: has('post') ? 'POST' : 'GET',
        redirect: has('no-redirects') ? 'error' : 'follow',
        headers: {
          accept: 'text/event-stream',
          ...this.#idHeader(),
          ...(has('odd-second-request') && this.#attempts > 1 && { 'x-attempt': '2' }),
        },
      })
      const type = response.headers.get('content-type') ?? ''
      const typeIsRight = has('type-by-prefix')
        ? type.startsWith('text/event-stream')
        : has('type-exactly')
          ? type === 'text/event-stream'
          : isEventStreamMediaType(type)
      if ((response.status !== 200 && !has('any-status')) || !typeIsRight) {
        // Held on to, because the garbage collector would free it in its own time.
        if (has('keeps-refused-body')) kept.push(response)
        else await response.body?.cancel()
        throw new Refused()
      }
      if (!has('forgets-redirect')) this.#target = response.url || this.#target
      if (!has('open-with-first-byte')) this.#opened()
      await this.#read(response, has('no-origin') ? origin : new URL(response.url).origin, type)
    }

    #opened(): void {
      if (this.#state === 2 && !has('zombie')) return
      this.#failures = 0
      if (has('open-in-constructor')) this.#state = 1
      else this.#tell(1, new Event('open'))
    }

    #idHeader(): Record<string, string> {
      if (has('id-at-first')) return { 'last-event-id': this.#lastEventId }
      if (this.#lastEventId === '' || has('no-id')) return {}
      if (has('odd-id')) return { 'last-event-id': encodeURIComponent(this.#lastEventId) }
      return { 'last-event-id': Buffer.from(this.#lastEventId).toString('latin1') }
    }

    async #read(response: Response, origin: string, type: string): Promise<void> {
      const queue: { type: string; data: string; lastEventId: string }[] = []
      if (has('retry-for-one-connection')) this.#retryMs = 3_000
      if (has('id-for-one-connection')) this.#lastEventId = ''
      const onRetry = (ms: number): void => {
        if (!has('no-retry') && !(has('falsy-retry') && ms === 0)) this.#retryMs = ms
      }
      const parser =
        (has('one-parser') ? this.#parser : undefined) ??
        createEventStreamParser({
          onEvent: (event) => void queue.push(event),
          onRetry,
          lastEventId: this.#lastEventId,
          limits: { maxEventLength: has('short-events') ? 1_000_000 : Number.POSITIVE_INFINITY },
        })
      this.#parser ??= parser
      const charset = has('charset-of-type') ? (/charset="?([^;"]*)/i.exec(type)?.[1] ?? 'utf-8') : 'utf-8'
      const naive = has('naive-parser') || charset.toLowerCase() !== 'utf-8'
      const decoder = new TextDecoder(charset, { fatal: naive })
      let silence = this.#watchSilence()
      let first = true
      const late: typeof queue = []
      for await (const bytes of response.body ?? []) {
        silence()
        silence = this.#watchSilence()
        if (first && has('open-with-first-byte')) this.#opened()
        first = false
        if (naive) queue.push(...naiveEvents(decoder.decode(bytes)))
        else parser.feed(bytes)
        const text = Buffer.from(bytes).toString()
        if (has('loose-retry')) for (const ms of looseRetries(text)) this.#retryMs = ms
        if (has('overflowing-retry') && /retry: \d{10,}/.test(text)) this.#retryMs = 1
        this.#lastEventId = parser.lastEventId
        if (has('naive-id'))
          this.#lastEventId =
            text
              .match(/(?<=^id: ?)\S.*$/gm)
              ?.at(-1)
              ?.replace('\0', '') ?? ''
        const held = has('held-back') ? queue.splice(0) : []
        for (const event of [...late.splice(0), ...queue.splice(0)]) {
          if (has('no-tasks')) void this.#dispatch(event, origin)
          else await this.#dispatch(event, origin)
        }
        late.push(...held)
        if (this.#state === 2 && !has('zombie')) return
      }
      silence()
      if (naive) await this.#dispatch({ type: 'message', data: '', lastEventId: '' }, origin)
    }

    /** Every wait of a real client is by its clock. */
    #watchSilence(): () => void {
      if (!has('silence-is-an-error')) return () => {}
      return this.#clock.schedule(() => this.#abort.abort(), 60_000, true)
    }

    async #dispatch(
      { type, data, lastEventId }: { type: string; data: string; lastEventId: string },
      origin: string,
    ): Promise<void> {
      if (has('plain-object') && type in {}) return
      if (has('eats-open-and-error') && (type === 'open' || type === 'error')) return
      // A task for each event.
      if (!has('no-tasks')) await new Promise((resolve) => setImmediate(resolve))
      if (this.#state === 2 && !has('zombie')) return
      const event = has('custom-events')
        ? Object.assign(new Event(type, { bubbles: true }), { data, lastEventId })
        : new MessageEvent(type, { data, lastEventId, origin })
      this.#told.push(event)
      this.#own.add(event)
      this.dispatchEvent(event)
      if (has('onmessage-for-all') && type !== 'message') this.#handlers['message']?.(event)
    }

    #tell(state: 0 | 1 | 2, event: Event): void {
      this.#own.add(event)
      if (has('state-after-event')) {
        this.dispatchEvent(event)
        this.#state = state
      } else {
        this.#state = state
        this.dispatchEvent(event)
      }
    }

    #lost(final: boolean): void {
      this.#failures++
      const over = final || (has('gives-up') && this.#failures > 5)
      const event = has('error-with-data')
        ? new MessageEvent('error', { data: { lost: true } })
        : new Event('error', { cancelable: has('error-with-data') })
      this.#tell(over ? 2 : 0, event)
      if (over || (this.#state === 2 && !has('zombie'))) return
      const waitMs = has('no-wait') ? 0 : Math.min(this.#retryMs, LONGEST_MS)
      this.#cancelTimer = this.#clock.schedule(() => this.#attempt().catch(() => {}), waitMs, true)
    }

    override dispatchEvent(event: Event): boolean {
      if (has('own-events-only') && !this.#own.has(event)) return false
      if (has('throws-into-reader')) {
        const listening = this.#asides.get(event.type) ?? []
        for (const listener of listening) listener.call(this, event)
        return true
      }
      const result = super.dispatchEvent(event)
      if (has('handlers-aside')) this.#handlers[event.type]?.(event)
      return result
    }

    readonly #asides = new Map<string, ((event: Event) => unknown)[]>()
    override addEventListener(
      ...[type, listener, options]: Parameters<EventTarget['addEventListener']>
    ): void {
      if (has('throws-into-reader')) {
        const listening = this.#asides.get(type) ?? []
        this.#asides.set(type, [...listening, listener as (event: Event) => unknown])
      } else if (has('no-listener-options')) super.addEventListener(type, listener)
      else super.addEventListener(type, listener, options)
    }

    static handler(type: string): PropertyDescriptor {
      return {
        enumerable: true,
        configurable: true,
        get(this: EventSource) {
          return has('handlers-aside') ? this.#handlers[type] : (this.#handlers[type] ?? null)
        },
        set(this: EventSource, value: unknown) {
          if (has('handlers-aside')) {
            this.#handlers[type] = typeof value === 'function' ? (event) => value(event) : null
            return
          }
          if (has('handlers-stay') && value === null) return
          this.#handlers[type] = typeof value === 'function' ? (value as () => unknown) : null
          if (typeof value === 'function') this.addEventListener(type, this.#handle)
          else this.removeEventListener(type, this.#handle)
        },
      }
    }
    readonly #handle = (event: Event): void => void this.#handlers[event.type]?.call(this, event)
  }

  function parsed(url: string | URL): string {
    try {
      return new URL(url).href
    } catch {
      if (has('unchecked-url')) return 'http://127.0.0.1:1/'
      throw new DOMException('It is no URL.', 'SyntaxError')
    }
  }

  for (const type of ['open', 'message', 'error'])
    Object.defineProperty(EventSource.prototype, `on${type}`, EventSource.handler(type))
  for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSED: 2 })) {
    for (const place of [EventSource, EventSource.prototype])
      Object.defineProperty(place, name, { value, enumerable: true, writable: has('writable-constants') })
  }
  if (!has('no-tag'))
    Object.defineProperty(EventSource.prototype, Symbol.toStringTag, { value: 'EventSource' })
  Object.defineProperty(EventSource, 'length', { value: 1 })
  return EventSource
}

const kept: Response[] = []

/** The response is no event stream. */
class Refused extends Error {}

const fallbackClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule(callback, ms) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  nextTurn: (callback) => void setImmediate(callback),
}

/** What comes of splitting each chunk by itself, with LF alone, and dispatching at every blank line. */
function naiveEvents(text: string): { type: string; data: string; lastEventId: string }[] {
  return text.split('\n\n').map((block) => ({
    type: 'message',
    data: block
      .split('\n')
      .map((line) => line.replace(/^data: ?/, ''))
      .join('\n'),
    lastEventId: '',
  }))
}

/** What `parseInt` and its like make of a `retry`. */
function looseRetries(text: string): number[] {
  return Array.from(text.matchAll(/^retry: ?(.*)$/gm), ([, value = '']) => {
    const number = Number.parseInt(value.replace('١', '1'), 10)
    return Number.isNaN(number) ? 0 : Math.max(0, number)
  })
}
