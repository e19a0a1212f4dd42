import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { answerCalls } from '../harness/answer-calls.ts'
import { Latencies, type Percentiles } from '../server/load/latencies.ts'
import { monotonicMicros } from '../server/monotonic-clock.ts'
import { ChunkTimes } from './chunk-times.ts'

const REQUEST = 'GET / HTTP/1.1\r\nhost: bench\r\naccept-encoding: gzip\r\n\r\n'
const PATIENCE_MS = 30_000

export interface Schedule {
  readonly startedAt: number
  readonly events: number
  readonly perSecond: number
}

/** Clients that look at their watch, and decode nothing. */
class TimingProcess {
  readonly #clients: ChunkTimes[] = []
  readonly #sockets: Socket[] = []
  #told = 0

  async connect(port: number, clients: number): Promise<void> {
    for (let n = 0; n < clients; n++) {
      const socket = connect({ port, host: '127.0.0.1' })
      await once(socket, 'connect')
      const times = new ChunkTimes()
      socket.on('data', (bytes) => times.read(bytes, monotonicMicros()))
      socket.write(REQUEST)
      this.#clients.push(times)
      this.#sockets.push(socket)
    }
  }

  /** From here on, what comes are events. */
  begin(): void {
    this.#told = this.#clients[0]?.times.length ?? 0
  }

  /** How late the events were that were due at these times. Rejects if a client has not one chunk for each. */
  async latencies({ startedAt, events, perSecond }: Schedule): Promise<Percentiles> {
    const complete = (): boolean => this.#clients.every(({ times }) => times.length === this.#told + events)
    for (const deadline = performance.now() + PATIENCE_MS; !complete(); ) {
      if (performance.now() > deadline) throw new Error('The clients have not got a chunk for each event.')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const latencies = new Latencies()
    for (const { times } of this.#clients) {
      for (const [n, time] of times.slice(this.#told).entries())
        latencies.record(time - startedAt - Math.round((n * 1e6) / perSecond))
    }
    return latencies.read()
  }
}

export type { TimingProcess }

answerCalls<TimingProcess>(new TimingProcess())
