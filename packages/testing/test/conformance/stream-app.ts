import type { IncomingMessage, ServerResponse } from 'node:http'

export interface StoredEvent {
  readonly id: string
  readonly data: string
}

/** What a wrong server does otherwise. */
export interface StreamAppFaults {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Written after the head. */
  readonly opening?: string | Uint8Array
  readonly encode?: (event: StoredEvent) => string
  readonly replay?: (log: readonly StoredEvent[], lastEventId: string | undefined) => readonly StoredEvent[]
  /** Whether it has taken care of the request. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse, app: StreamApp) => boolean
  /** In the place of writing to each client. */
  readonly deliver?: (text: string, clients: ReadonlySet<ServerResponse>) => void
  readonly headWithFirstEvent?: true
  readonly endsAfter?: string
  readonly breaks?: true
}

/** A small server of one event stream that does all that the suite asks for, unless it is told to do wrong. */
export class StreamApp {
  readonly clients: Set<ServerResponse> = new Set()
  readonly #faults: StreamAppFaults
  readonly #log: StoredEvent[] = []

  constructor(faults: StreamAppFaults = {}) {
    this.#faults = faults
  }

  readonly publish = (): void => {
    const id = String(this.#log.length + 1)
    const event = { id, data: `event ${id}` }
    this.#log.push(event)
    const text = this.#encode(event)
    if (this.#faults.deliver !== undefined) return this.#faults.deliver(text, this.clients)
    for (const client of this.clients) client.write(text)
  }

  readonly handler = (request: IncomingMessage, response: ServerResponse): void => {
    const faults = this.#faults
    if (faults.instead?.(request, response, this)) return
    const cors = {
      'access-control-allow-origin': request.headers.origin,
      'access-control-allow-headers': 'last-event-id',
    }
    if (request.method === 'OPTIONS') return void response.writeHead(204, given(cors)).end()
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.writeHead(405, { allow: 'GET, HEAD, OPTIONS' }).end()
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      ...cors,
      ...faults.headers,
    }
    response.writeHead(faults.status ?? 200, given(headers))
    if (request.method === 'HEAD') return void response.end()
    if (!faults.headWithFirstEvent) {
      response.flushHeaders()
      response.write(faults.opening ?? 'retry: 1000\n\n')
    }
    const id = request.headers['last-event-id'] as string | undefined
    for (const event of (faults.replay ?? after)(this.#log, id)) response.write(this.#encode(event))
    if (faults.endsAfter !== undefined) return void response.end(faults.endsAfter)
    if (faults.breaks) setTimeout(() => response.destroy(), 50)
    this.clients.add(response)
    response.on('close', () => this.clients.delete(response))
  }

  #encode(event: StoredEvent): string {
    return this.#faults.encode?.(event) ?? `id: ${event.id}\nevent: tick\ndata: ${event.data}\n\n`
  }
}

export function after(log: readonly StoredEvent[], id: string | undefined): readonly StoredEvent[] {
  const at = log.findIndex((event) => event.id === id)
  return at < 0 ? [] : log.slice(at + 1)
}

function given(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
