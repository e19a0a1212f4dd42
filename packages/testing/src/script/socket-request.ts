import type { SocketReader } from './socket-reader.ts'

/** A request of HTTP/1, as it came over a socket. */
export interface SocketRequest {
  readonly method: string
  /** As it stands in the first line. */
  readonly target: string
  /** `1.0` or `1.1`. */
  readonly version: string
  readonly headers: Headers
  /** As text. Rejects when the connection ends before. */
  readonly body: Promise<string>
}

/** The client went away in the middle of its request. */
export class RequestCutShort extends Error {
  override readonly message: string = 'The connection ended before the body of the request.'
}

/** The next request: `undefined` when there is none any more, and `'malformed'` when it is none. */
export async function readRequest(reader: SocketReader): Promise<SocketRequest | 'malformed' | undefined> {
  const head = await reader.until('\r\n\r\n')
  if (head === undefined) return undefined
  const [first = '', ...lines] = head.split('\r\n')
  const [, method, target, version] = /^(\S+) (\S+) HTTP\/(1\.[01])$/.exec(first) ?? []
  const headers = parseHeaders(lines)
  if (method === undefined || target === undefined || version === undefined || headers === undefined) {
    return 'malformed'
  }
  const body = readBody(reader, headers)
  // Whoever asks is told; nobody has to ask.
  body.catch(() => {})
  return { method, target, version, headers, body }
}

function parseHeaders(lines: readonly string[]): Headers | undefined {
  const headers = new Headers()
  try {
    for (const line of lines)
      headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1))
    return headers
  } catch {
    return undefined
  }
}

async function readBody(reader: SocketReader, headers: Headers): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of bodyParts(reader, headers)) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

async function* bodyParts(reader: SocketReader, headers: Headers): AsyncGenerator<Buffer, void, undefined> {
  if (headers.get('transfer-encoding') !== 'chunked') {
    yield received(await reader.bytes(Number(headers.get('content-length') ?? 0)))
    return
  }
  for (;;) {
    const size = Number.parseInt(received(await reader.until('\r\n')), 16)
    if (!(size > 0)) break
    yield received(await reader.bytes(size))
    await reader.until('\r\n')
  }
  // Trailers, if there are any, end with an empty line.
  while (received(await reader.until('\r\n')) !== '') {
    // Nobody asks for them.
  }
}

function received<T>(value: T | undefined): T {
  if (value === undefined) throw new RequestCutShort()
  return value
}
