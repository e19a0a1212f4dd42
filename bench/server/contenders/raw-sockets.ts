import { createServer, type Socket } from 'node:net'
import { eventText, type OutgoingEvent } from '../outgoing-event.ts'
import type { ContenderServer, ServingOptions } from './contender.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'

const HEAD = [
  'HTTP/1.1 200 OK',
  'content-type: text/event-stream',
  'cache-control: no-store',
  'transfer-encoding: chunked',
  '\r\n',
].join('\r\n')
const END_OF_REQUEST = Buffer.from('\r\n\r\n')

/**
 * No server at all: the least that Node can do to send the same bytes. What was published in one turn is made into one
 * HTTP chunk, once, and that is written to each socket by one call.
 */
export function serve(options: ServingOptions): Promise<ContenderServer> {
  return serveSockets(options, true)
}

/**
 * @param noDelay as node:http and everybody above it have it: each write goes out at once. Without it the system
 *   holds back a small segment until the last one was acknowledged (Nagle), and so makes fewer and larger ones.
 */
export async function serveSockets(
  { pingIntervalMs, greeting }: ServingOptions,
  noDelay: boolean,
): Promise<ContenderServer> {
  const clients = new Set<Socket>()
  const opening = HEAD + (greeting.length === 0 ? '' : chunkOf(greeting.map(eventText).join('')))
  const writeToAll = (text: string): void => {
    const chunk = Buffer.from(chunkOf(text))
    for (const socket of clients) socket.write(chunk)
  }
  setInterval(writeToAll, pingIntervalMs, ':\n\n')
  const port = await listenOnLoopback(
    createServer({ noDelay }, (socket) => {
      socket.on('error', ignore)
      socket.on('close', () => clients.delete(socket))
      socket.on('data', (bytes) => {
        if (!bytes.includes(END_OF_REQUEST)) return
        socket.write(opening)
        clients.add(socket)
      })
    }),
  )
  let turn: OutgoingEvent[] = []
  return {
    port,
    countClients: () => clients.size,
    publish: (event) => void turn.push(event),
    endTurn() {
      writeToAll(turn.map(eventText).join(''))
      turn = []
    },
  }
}

/** A chunk of HTTP/1.1. All of it is ASCII. */
export function chunkOf(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}

/** A connection that breaks is closed; 'close' follows. */
function ignore(): void {}
