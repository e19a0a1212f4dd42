import type { LogChoice } from './log-filter.ts'
import { READERS } from './stream-reader.ts'
import { getRequest, METHODS, type StreamRequest } from './stream-request.ts'

export interface SharedStream {
  readonly name: string
  readonly request: StreamRequest
}

/** What the address of the page tells of it, after the #. */
export interface SharedState {
  readonly streams: readonly SharedStream[]
  /** The added event types, separated by commas. */
  readonly types: string
  readonly filter: LogChoice
}

/** A link made by anybody must not fill the page. */
const MOST_STREAMS = 12

/** Values of headers and bodies are left out: they hold what nobody means to share. */
function streamText({ name, request: { url, method, reader, headers } }: SharedStream): string {
  return JSON.stringify([name, url, method, reader, headers.map(([header]) => header)])
}

function streamOf(text: string): SharedStream | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(parts)) return undefined
  const [name, url, method, reader]: unknown[] = parts
  if (typeof name !== 'string' || name === '' || typeof url !== 'string' || !URL.canParse(url, location.href))
    return undefined
  if (!/^https?:$/.test(new URL(url, location.href).protocol)) return undefined
  return {
    name: name.slice(0, 64),
    request: {
      ...getRequest(url),
      method: METHODS.find((known) => known === method) ?? 'GET',
      reader: READERS.find((known) => known === reader) ?? '@sse/client',
    },
  }
}

/** Whether a stream of a link is connected without being asked for: what a link to this site could fetch anyway. */
export function isHarmless({ url, method }: StreamRequest): boolean {
  return method === 'GET' && new URL(url, location.href).origin === location.origin
}

export function readSharedState(hash: string): Partial<SharedState> {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''))
  const streams = parameters.getAll('stream').slice(0, MOST_STREAMS).map(streamOf)
  return {
    ...(parameters.has('stream') && { streams: streams.filter((stream) => stream !== undefined) }),
    types: parameters.get('types') ?? '',
    filter: {
      stream: parameters.get('of') ?? '',
      type: parameters.get('type') ?? '',
      search: parameters.get('search') ?? '',
      comments: parameters.get('comments') !== '0',
    },
  }
}

export function writeSharedState({ streams, types, filter }: SharedState): string {
  const parameters = new URLSearchParams()
  for (const stream of streams) parameters.append('stream', streamText(stream))
  const texts = { types, of: filter.stream, type: filter.type, search: filter.search }
  for (const [name, text] of Object.entries(texts)) if (text !== '') parameters.set(name, text)
  if (!filter.comments) parameters.set('comments', '0')
  return `#${parameters}`
}
