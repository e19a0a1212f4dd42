import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction, type Socket, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { testingError } from '../errors.ts'

/** What all clients ask, and where: worked out once. */
export interface Target {
  /** Calls `onBytes` with what comes; the bytes are valid until it returns. `onReady` when the request may be sent. */
  connect(onReady: () => void, onBytes: (bytes: Uint8Array) => void): Socket
  /** The request that goes on after this event; `''`: from where the server begins. */
  request(lastEventId: string): string
}

/** All connections read into it, one after the other: nothing of it is kept. */
const BUFFER_BYTES = 64 * 1024

/**
 * @throws SseError `invalid-option` for a URL that is none of HTTP, and for headers that are none.
 * Rejects with the resolver's error for a host that it does not know.
 */
export async function openTarget(
  address: string | URL,
  headers: RequestInit['headers'],
  insecure: boolean,
): Promise<Target> {
  const url = checkedUrl(address)
  const head = requestHead(url, headers)
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (secure ? 443 : 80))
  // Asked once: a thousand clients would keep the four threads of the resolver busy, and that would be measured, too.
  const found = await lookup(host, { all: true })
  const known: LookupFunction = (_, { all }, callback) => {
    if (all) callback(null, found)
    else callback(null, found[0]?.address ?? host, found[0]?.family)
  }
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  return {
    connect(onReady, onBytes) {
      if (secure) {
        const socket = tlsConnect({
          host,
          port,
          lookup: known,
          ...(isIP(host) === 0 && { servername: host }),
          // Else a server that has HTTP/2 would speak it.
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: !insecure,
        })
        return socket.once('secureConnect', onReady).on('data', onBytes)
      }
      const callback = (length: number, bytes: Uint8Array): boolean => {
        onBytes(bytes.subarray(0, length))
        return true
      }
      return tcpConnect({ host, port, lookup: known, onread: { buffer, callback } }).once('connect', onReady)
    },
    request: (id) => (id === '' ? `${head}\r\n` : `${head}last-event-id: ${bytesOf(id)}\r\n\r\n`),
  }
}

function checkedUrl(address: string | URL): URL {
  const url = URL.canParse(String(address)) ? new URL(String(address)) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw testingError(
      'invalid-option',
      `A load needs a URL such as http://localhost:3000/events, and this is ${JSON.stringify(String(address))}.`,
      { field: 'url' },
    )
  }
  return url
}

/** One character for each byte, as sockets write 'latin1'. */
function requestHead(url: URL, init: RequestInit['headers']): string {
  let headers: Headers
  try {
    // Refuses line breaks, with which a header could become two.
    headers = new Headers(init)
  } catch (cause) {
    throw testingError('invalid-option', `These are no headers: ${(cause as Error).message}.`, {
      field: 'headers',
      cause,
    })
  }
  if (!headers.has('host')) headers.set('host', url.host)
  if (!headers.has('accept')) headers.set('accept', 'text/event-stream')
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache')
  if (url.username !== '' && !headers.has('authorization')) {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  }
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}`
}

/** Ids go out as UTF-8 (WHATWG HTML §9.2.4). */
function bytesOf(id: string): string {
  return Buffer.from(id).toString('latin1')
}
