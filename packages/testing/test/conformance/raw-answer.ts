import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A server that answers on a bare socket: what no library would let it write. */
export async function rawAnswer(
  answer: (socket: Socket, head: string) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => answer(socket, bytes.toString('latin1')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'

export const withHead =
  (headers: string, body = '') =>
  (socket: Socket): void =>
    void socket.write(`${HEAD}${headers}\r\n${body}`)

/** HTTP/2, frame by frame (RFC 9113): settings, and a head with a header that it forbids. */
export function http2WithConnectionHeader(socket: Socket, received: string): void {
  if (!received.startsWith('PRI ')) return
  const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream]), payload])
  const literal = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
  const fields = Buffer.concat([Buffer.from([0x88, 0x00]), literal('connection'), literal('keep-alive')])
  socket.write(frame(4, 0, 0, Buffer.alloc(0)))
  socket.write(frame(4, 1, 0, Buffer.alloc(0)))
  socket.write(frame(1, 4, 1, fields))
}
