import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { createBrotliDecompress, createUnzip } from 'node:zlib'
import { createEventStreamParser, type DispatchedEvent } from '@sse/core'

/** What one request showed. Times are milliseconds since it was sent. */
export interface Probe {
  readonly url: URL
  /** `undefined`: no answer came within the time. */
  readonly head: Head | undefined
  /** Why there was no answer, or why it broke. */
  readonly error: Error | undefined
  /** Pieces of the body as they came, after any compression was undone. */
  readonly chunks: readonly { readonly atMs: number; readonly bytes: number }[]
  readonly events: readonly (DispatchedEvent & { readonly id: string | undefined; readonly atMs: number })[]
  readonly comments: readonly { readonly text: string; readonly atMs: number }[]
  readonly retryMs: number | undefined
  /** Whether the body came to its end. */
  readonly ended: boolean
  /** How long it was looked at. */
  readonly observedMs: number
}

interface Head {
  readonly atMs: number
  readonly status: number
  readonly headers: IncomingMessage['headers']
}

export interface ProbeOptions {
  readonly headers: Readonly<Record<string, string>>
  /** How long to look at the stream. */
  readonly observeMs: number
  /** Ends it before that, at an event with an id of its own. */
  readonly untilId?: boolean
  readonly signal: AbortSignal
}

/**
 * Asks for a stream and writes down what comes when. By node:http, because `fetch` shows neither what the compression was nor
 * when bytes came before it was undone.
 */
export async function probe(url: URL, { headers, observeMs, untilId, signal }: ProbeOptions): Promise<Probe> {
  const startedAt = performance.now()
  const elapsed = (): number => performance.now() - startedAt
  const over = new AbortController()
  const time = AbortSignal.any([signal, over.signal, AbortSignal.timeout(observeMs)])
  const chunks: { atMs: number; bytes: number }[] = []
  const events: Probe['events'][number][] = []
  const comments: { text: string; atMs: number }[] = []
  let retryMs: number | undefined
  let head: Head | undefined
  let error: Error | undefined
  let ended = false

  const parser = createEventStreamParser({
    onEvent: (event, id) => {
      events.push({ ...event, id, atMs: elapsed() })
      if (untilId && id) over.abort()
    },
    onComment: (text) => comments.push({ text, atMs: elapsed() }),
    onRetry: (ms) => {
      retryMs = ms
    },
  })
  try {
    const response = await send(url, headers, time)
    head = { atMs: elapsed(), status: response.statusCode ?? 0, headers: response.headers }
    for await (const chunk of decoded(response)) {
      chunks.push({ atMs: elapsed(), bytes: chunk.byteLength })
      parser.feed(chunk)
    }
    ended = true
  } catch (thrown) {
    if (!time.aborted) error = thrown as Error
  }
  return { url, head, error, chunks, events, comments, retryMs, ended, observedMs: elapsed() }
}

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    // A connection of its own: one that is reused has had its slow start.
    request(url, { headers: { accept: 'text/event-stream', ...headers }, signal, agent: false })
      .on('response', resolve)
      .on('error', reject)
      .end()
  })
}

function decoded(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return response
  const decoder: Readable & NodeJS.WritableStream =
    encoding === 'br' ? createBrotliDecompress() : createUnzip()
  response.on('error', (error) => decoder.destroy(error))
  return response.pipe(decoder)
}

/** Whether the server speaks HTTP/2 to those who ask for it. */
export function speaksHttp2(url: URL): Promise<boolean> {
  if (url.protocol !== 'https:') return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = tlsConnect({
      host: url.hostname,
      port: Number(url.port || 443),
      servername: url.hostname,
      ALPNProtocols: ['h2', 'http/1.1'],
      // Who it is does not matter here, and is checked by the requests.
      rejectUnauthorized: false,
    })
    socket.once('secureConnect', () => done(socket.alpnProtocol === 'h2'))
    socket.once('error', () => done(false))
    function done(answer: boolean): void {
      socket.destroy()
      resolve(answer)
    }
  })
}
