import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A TCP proxy on a free port that can do what networks do. Each connection goes to the next of its targets that accepts, in turn.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #targets: () => readonly number[]
  readonly #pairs = new Set<() => void>()
  #turn = 0
  #swallowing = false
  /** How many answers it has swallowed. */
  swallowed = 0

  private constructor(targets: () => readonly number[]) {
    this.#targets = targets
    this.#server = createServer((client) => void this.#accept(client))
  }

  /** @param targets The ports that connections go to, asked for anew for each. */
  static async start(targets: () => readonly number[]): Promise<TcpProxy> {
    const proxy = new TcpProxy(targets)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** Lets the next answer that comes back be lost, and its connection with it. */
  swallowAnswer(): void {
    this.#swallowing = true
  }

  /** Cuts those of its connections that `chosen` wants, or all. */
  cut(chosen: () => boolean = () => true): void {
    for (const destroy of [...this.#pairs]) if (chosen()) destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  async #accept(client: Socket): Promise<void> {
    client.on('error', () => {})
    client.pause()
    const targets = this.#targets()
    for (let tries = 0; tries < targets.length; tries++) {
      const upstream = await open(targets[this.#turn++ % targets.length] as number)
      if (upstream !== undefined) return this.#join(client, upstream)
    }
    client.destroy()
  }

  #join(client: Socket, upstream: Socket): void {
    const destroy = (): void => {
      this.#pairs.delete(destroy)
      client.destroy()
      upstream.destroy()
    }
    this.#pairs.add(destroy)
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      socket.on('error', destroy)
      socket.on('close', destroy)
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      if (this.#swallowing) {
        this.#swallowing = false
        this.swallowed++
        return destroy()
      }
      if (!client.write(chunk)) {
        upstream.pause()
        client.once('drain', () => upstream.resume())
      }
    })
  }
}

/** A connection to this port; `undefined` where nobody listens. */
async function open(port: number): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.on('error', () => {})
    return socket
  } catch {
    return undefined
  }
}
