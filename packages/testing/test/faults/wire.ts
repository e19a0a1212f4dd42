/** Raw ends of connections, because what a proxy does to them is seen in bytes, ends and resets. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface WireServer extends AsyncDisposable {
  readonly url: string
  /** The connections that it got, in order, whatever became of them. */
  readonly sockets: Socket[]
  /** The connection with this index, once it is there. */
  socket(index: number): Promise<Socket>
}

/** A server of bytes: what it does with a connection is `answer`'s. */
export async function wireServer(answer: (socket: Socket) => void = () => {}): Promise<WireServer> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
    answer(socket)
    server.emit('accepted')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    async socket(index) {
      for (;;) {
        const socket = sockets[index]
        if (socket !== undefined) return socket
        await once(server, 'accepted')
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A client that takes down what it gets. */
export class WireClient implements Disposable {
  readonly socket: Socket
  readonly chunks: Buffer[] = []
  readonly #waiting: (() => void)[] = []
  /** How it ended, once it has: `'fin'`, or the code of the error, such as `ECONNRESET`. */
  ended: string | undefined

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
    this.socket.on('data', (chunk) => {
      this.chunks.push(chunk)
      this.#changed()
    })
    this.socket.on('end', () => {
      const over = (error?: NodeJS.ErrnoException | null): void => {
        this.ended ??= error?.code === 'ECONNRESET' ? error.code : 'fin'
        this.#changed()
      }
      // Node 22 takes a reset that comes together with data as an end. To write nothing sends nothing, and tells them apart.
      if (this.socket.writable) this.socket.write('', over)
      else over()
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      // Of that write, to a connection that was reset after its end.
      if (error.code === 'EPIPE') return
      this.ended = error.code
      this.#changed()
    })
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  /** Until this much has come. */
  async received(length: number): Promise<string> {
    while (this.text.length < length) {
      if (this.ended !== undefined)
        throw new Error(`${this.ended} after ${this.text.length} of ${length} bytes`)
      await this.#change()
    }
    return this.text
  }

  async end(): Promise<string> {
    while (this.ended === undefined) await this.#change()
    return this.ended
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** Until it holds, looked at in each turn of the event loop; the test's own timeout is the limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
