import { type Clock, onAbort, systemClock } from '@sse/core'
import { testingError } from '../errors.ts'
import type {
  Transcript,
  TranscriptChunk,
  TranscriptEnd,
  TranscriptHead,
  TranscriptRecord,
} from './transcript.ts'

/** What can be recorded: a response whose body nobody has read, or where to get one. */
export type TranscriptSource = Response | Request | URL | string

export interface CaptureOptions {
  /** Headers of the request, where the source is a URL. */
  readonly headers?: RequestInit['headers']
  /** What makes the request. Default the runtime's. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined
  /** Ends the recording; the transcript says `closed` then. */
  readonly signal?: AbortSignal | undefined
  /** Ends the recording after so long, counted from the head. Default: it goes on to the end of the body. */
  readonly durationMs?: number | undefined
  /**
   * The names of those request headers that are saved with their values. Default: none, because they hold tokens and cookies, and a
   * transcript is made to be committed.
   */
  readonly saveRequestHeaders?: readonly string[] | undefined
  /** Whether the values of query parameters are saved. Default false: `?token=abc` is saved as `?token=redacted`. */
  readonly saveQuery?: boolean | undefined
  readonly clock?: Clock | undefined
}

/**
 * Reads a stream to its end and keeps every byte of it with its time. Any answer can be recorded, also one that is no
 * event stream: how clients take a 503 is worth a test.
 *
 * ```ts
 * const transcript = await captureTranscript('https://example.com/prices', { durationMs: 30_000 })
 * ```
 *
 * Rejects when there is no response, as `fetch` does; a body that breaks is part of the transcript.
 */
export async function captureTranscript(
  source: TranscriptSource,
  options: CaptureOptions = {},
): Promise<Transcript> {
  let head: TranscriptHead | undefined
  const chunks: TranscriptChunk[] = []
  for await (const record of capture(source, options)) {
    if (record.kind === 'head') head = record.head
    else if (record.kind === 'chunk') chunks.push(record.chunk)
    else if (head !== undefined) return { ...head, chunks, end: record.end }
  }
  throw new Error('A recording has a head and an end.')
}

/** The records of a stream as they come: what does not fit into memory goes to a file line by line. */
export async function* capture(
  source: TranscriptSource,
  options: CaptureOptions = {},
): AsyncGenerator<TranscriptRecord, void, undefined> {
  const { clock = systemClock, signal, durationMs = Number.POSITIVE_INFINITY } = options
  if (!(durationMs >= 0)) {
    throw testingError('invalid-option', `durationMs is ${durationMs}: it is a number from 0 up.`, {
      field: 'durationMs',
    })
  }
  const stop = new AbortController()
  const stopListening = onAbort(signal, (reason) => stop.abort(reason))
  let cancelTimer = (): void => {}
  try {
    const askedAt = clock.now()
    const { response, request } = await answer(source, options, stop.signal)
    const openedAt = clock.now()
    const elapsedMs = (): number => rounded(clock.now() - openedAt)
    if (durationMs !== Number.POSITIVE_INFINITY)
      cancelTimer = clock.schedule(() => stop.abort(), durationMs, true)
    yield {
      kind: 'head',
      head: headOf(response, request, request ? rounded(openedAt - askedAt) : 0, options, clock),
    }
    const end = yield* chunksOf(response.body, stop.signal, elapsedMs)
    yield { kind: 'end', end: { atMs: elapsedMs(), ...end } }
  } finally {
    cancelTimer()
    stopListening()
    // Whoever leaves early leaves the connection, too.
    stop.abort()
  }
}

async function* chunksOf(
  body: Response['body'],
  stop: AbortSignal,
  elapsedMs: () => number,
): AsyncGenerator<TranscriptRecord, Omit<TranscriptEnd, 'atMs'>, undefined> {
  if (body === null) return { reason: 'complete' }
  const reader = body.getReader()
  // Its own promise, because a body that was given need not know of our signal.
  const stopped = Promise.withResolvers<'stopped'>()
  const stopListening = onAbort(stop, () => stopped.resolve('stopped'))
  try {
    for (;;) {
      const read = await Promise.race([stopped.promise, reader.read()])
      if (read === 'stopped') return { reason: 'closed' }
      if (read.done) return { reason: 'complete' }
      if (read.value.byteLength > 0) yield { kind: 'chunk', chunk: { atMs: elapsedMs(), bytes: read.value } }
    }
  } catch (error) {
    return stop.aborted ? { reason: 'closed' } : { reason: 'cut', error: messageOf(error) }
  } finally {
    stopListening()
    reader.cancel().catch(() => {})
  }
}

async function answer(
  source: TranscriptSource,
  { fetch = globalThis.fetch, headers }: CaptureOptions,
  signal: AbortSignal,
): Promise<{ readonly response: Response; readonly request: Request | undefined }> {
  if (source instanceof Response) {
    if (source.bodyUsed || source.body?.locked) {
      throw testingError(
        'not-a-source',
        'The body of this response is read already. Record it first, or record response.clone().',
      )
    }
    return { response: source, request: undefined }
  }
  const request = new Request(source, { signal, ...(headers && { headers }) })
  if (!request.headers.has('accept') || request.headers.get('accept') === '*/*')
    request.headers.set('accept', 'text/event-stream')
  return { response: await fetch(request), request }
}

function headOf(
  response: Response,
  request: Request | undefined,
  headMs: number,
  { saveRequestHeaders, saveQuery = false }: CaptureOptions,
  clock: Clock,
): TranscriptHead {
  const saved = saveRequestHeaders?.flatMap((name): [string, string][] => {
    const value = request?.headers.get(name)
    return value == null ? [] : [[name.toLowerCase(), value]]
  })
  return {
    url: publicUrl(response.url || request?.url || '', saveQuery),
    status: response.status,
    headers: [...response.headers].filter(([name]) => !LEFT_OUT.has(name)),
    ...(saved !== undefined && { requestHeaders: saved }),
    headMs,
    recordedAt: new Date(clock.wallTime()).toISOString(),
  }
}

/**
 * Headers that would be wrong in a replay: `fetch` has undone the coding, and the others are of one connection. And the one
 * that carries secrets.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'set-cookie',
  'transfer-encoding',
])

function publicUrl(url: string, saveQuery: boolean): string {
  if (!URL.canParse(url)) return url
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  shown.hash = ''
  if (!saveQuery)
    for (const name of new Set(shown.searchParams.keys())) shown.searchParams.set(name, 'redacted')
  return shown.href
}

/** To microseconds: more digits are noise, and make every line longer. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

/** What `fetch` tells stands in its cause: "terminated" alone helps nobody. */
function messageOf(error: unknown): string {
  const { message = String(error), cause } = error as { message?: string; cause?: { message?: string } }
  return cause?.message === undefined ? message : `${message}: ${cause.message}`
}
