import { answerCalls } from '../harness/answer-calls.ts'
import { CONTENDERS, type ContenderKey } from './contenders/all-contenders.ts'
import type { Follow } from './contenders/contender.ts'

export interface Reading {
  readonly wallMicros: number
  readonly cpuMicros: number
}

/** A process in which one contender reads. */
class ClientProcess {
  readonly #follow: Promise<{ readonly follow: Follow }>

  constructor(contender: ContenderKey) {
    this.#follow = CONTENDERS[contender].load()
  }

  /** Reads this many events and leaves. Rejects when one of them is not what comes next. */
  async read(url: string, events: number, dataLength: number): Promise<Reading> {
    const { follow } = await this.#follow
    const all = Promise.withResolvers<void>()
    let count = 0
    globalThis.gc?.()
    const cpuBefore = process.cpuUsage()
    const begun = performance.now()
    const leave = follow(url, (data, lastEventId) => {
      count++
      // Each is checked, so that nobody wins by losing some, and nothing of them can be optimised away.
      if (data.length !== dataLength || lastEventId !== String(count)) {
        all.reject(new Error(`Event ${count} has the id ${lastEventId} and ${data.length} characters.`))
      } else if (count === events) all.resolve()
    })
    try {
      await all.promise
    } finally {
      leave()
    }
    const wallMicros = (performance.now() - begun) * 1e3
    const { user, system } = process.cpuUsage(cpuBefore)
    return { wallMicros, cpuMicros: user + system }
  }
}

export type { ClientProcess }

answerCalls<ClientProcess>(new ClientProcess(process.argv[2] as ContenderKey))
