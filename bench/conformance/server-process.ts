import { answerCalls } from '../harness/answer-calls.ts'
import { SERVERS, type ServerKey } from './servers/all-servers.ts'
import type { ServedStream } from './servers/served-stream.ts'

/** A process that serves one stream, so that what one server leaves open, or breaks, is not another's. */
class ServerProcess {
  #served: ServedStream | undefined

  async listen(key: ServerKey): Promise<number> {
    const { serve } = await SERVERS[key].load()
    this.#served = await serve()
    return this.#served.port
  }

  publish(): void {
    this.#served?.publish()
  }
}

export type { ServerProcess }

answerCalls<ServerProcess>(new ServerProcess())
