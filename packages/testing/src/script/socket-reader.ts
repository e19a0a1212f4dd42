import type { Socket } from 'node:net'

/** The bytes that come over a socket, taken piece by piece by one reader. All methods give `undefined` when the connection ends before. */
export class SocketReader {
  #received: Buffer = Buffer.alloc(0)
  #isClosed = false
  #wake = (): void => {}

  constructor(socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
      this.#wake()
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** What comes before the mark, a character for each byte; the mark is taken, too. */
  async until(mark: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#received.indexOf(mark, 0, 'latin1')
      if (at >= 0) return this.#take(at + mark.length).toString('latin1', 0, at)
      if (!(await this.#more())) return undefined
    }
  }

  async bytes(count: number): Promise<Buffer | undefined> {
    while (this.#received.length < count) if (!(await this.#more())) return undefined
    return this.#take(count)
  }

  #take(count: number): Buffer {
    const taken = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return taken
  }

  async #more(): Promise<boolean> {
    if (this.#isClosed) return false
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    return true
  }
}
