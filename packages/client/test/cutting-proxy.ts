import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What becomes of one connection, after how many bytes of the server's. */
export interface Cut {
  readonly kind: 'fin' | 'rst' | 'freeze' | 'none'
  readonly afterBytes: number
}

/** Stands between a client and a server, and breaks each connection as it is told. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  cut: () => Cut = () => ({ kind: 'none', afterBytes: 0 })

  private constructor(port: number) {
    this.#server = createServer((client) => this.#relay(client, connect(port, '127.0.0.1')))
  }

  static async before(port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/events`
  }

  #relay(client: Socket, server: Socket): void {
    const { kind, afterBytes } = this.cut()
    let passed = 0
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        // Whoever is frozen does not even hear that the other side has gone.
        if (kind !== 'freeze' || socket === client) other.destroy()
      })
    }
    client.on('data', (bytes) => server.write(bytes))
    server.on('data', (bytes: Buffer) => {
      const rest = kind === 'none' ? bytes.length : Math.max(afterBytes - passed, 0)
      passed += bytes.length
      if (rest > 0) client.write(bytes.subarray(0, rest))
      if (rest >= bytes.length) return
      if (kind === 'fin') client.end()
      if (kind === 'rst') client.resetAndDestroy()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
