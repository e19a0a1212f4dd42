import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Ending } from './byte-sink.ts'
import type { PipelineOutput } from './pipeline.ts'

/** Writes one direction of a connection to its socket. */
export class SocketOutput implements PipelineOutput {
  readonly #socket: Socket
  readonly #onEnd: () => void
  #unwritten = 0
  #bytes = 0
  #ended: Ending | undefined

  constructor(socket: Socket, onEnd: () => void) {
    this.#socket = socket
    this.#onEnd = onEnd
  }

  /** How many bytes the operating system has taken. */
  get bytes(): number {
    return this.#bytes
  }

  /** How it was told to end. */
  get ended(): Ending | undefined {
    return this.#ended
  }

  /** Whether whoever reads is told of the end, behind what was written before it. */
  get hasEnded(): boolean {
    return this.#ended === 'fin' || this.#ended === 'reset'
  }

  write(bytes: Uint8Array, written: () => void): void {
    if (this.#socket.destroyed || this.#ended !== undefined) {
      written()
      return
    }
    this.#unwritten += bytes.length
    this.#socket.write(bytes, (error) => {
      this.#unwritten -= bytes.length
      if (!error) this.#bytes += bytes.length
      written()
      if (this.#ended === 'reset' && this.#unwritten === 0) breakOff(this.#socket)
    })
  }

  /** A reset waits for what was written before it: it would take that along. */
  end(how: Ending): void {
    if (this.#ended !== undefined) return
    this.#ended = how
    if (how === 'fin') this.#socket.end()
    if (how === 'reset' && this.#unwritten === 0) breakOff(this.#socket)
    this.#onEnd()
  }

  /** The same at once, whatever was written. */
  cut(how: Ending): void {
    if (how === 'reset') breakOff(this.#socket)
    this.end(how)
  }
}

/** Sends a RST. */
export function breakOff(socket: Socket): void {
  // Node can do that to plain TCP only, and would wait for a connection that is being made.
  if (socket instanceof TLSSocket || socket.connecting || socket.destroyed) socket.destroy()
  else socket.resetAndDestroy()
}
