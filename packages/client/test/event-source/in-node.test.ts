import { describe, expect, it } from 'vitest'
import { EventSource } from '../../src/event-source.ts'
import { ManualClock } from '../manual-clock.ts'
import { CASES } from './cases/index.ts'
import type { OpenOptions, Recording, World } from './conformance-case.ts'
import { record } from './recording.ts'
import { ScriptedServer } from './scripted-server.ts'

describe('our EventSource in Node', () => {
  for (const { title, server: script, run, expected, only, otherwise } of CASES) {
    if (only === 'page') continue
    const other = otherwise?.['ours in Node']
    it(other ? `${title} (otherwise, because ${other.because})` : title, async () => {
      await using server = await ScriptedServer.start(script)
      using reports = new Reports()
      using world = new NodeWorld(server, reports.messages)
      expect(await run(world)).toEqual((other ?? { expected }).expected)
    })
  }
})

class NodeWorld implements World {
  readonly EventSource = EventSource
  readonly origin: string
  readonly elsewhere: string
  readonly reported: readonly string[]
  readonly #server: ScriptedServer
  readonly #clock = new ManualClock()
  readonly #opened: EventSource[] = []

  constructor(server: ScriptedServer, reported: readonly string[]) {
    this.#server = server
    this.reported = reported
    ;({ origin: this.origin, elsewhere: this.elsewhere } = server.places)
  }

  open = (path = '/', { types, ...init }: OpenOptions = {}): Recording => {
    const source = new EventSource(new URL(path, this.origin), { ...init, clock: this.#clock })
    this.#opened.push(source)
    return record(source, types)
  }
  requests = async () => this.#server.requests.filter(({ method }) => method !== 'OPTIONS')
  preflights = async () => this.#server.requests.filter(({ method }) => method === 'OPTIONS')
  connections = async () => this.#server.connections
  release = async () => this.#server.release()
  elapse = (ms: number) => this.#clock.advance(ms)
  skip = this.elapse
  settle = () => new Promise<void>((resolve) => setTimeout(resolve, 40));

  [Symbol.dispose](): void {
    for (const source of this.#opened) source.close()
  }
}

/** Errors that nobody caught: ours in the place of vitest, which would end the run. */
class Reports {
  readonly messages: string[] = []
  readonly #before = process.listeners('uncaughtException')
  readonly #note = (error: Error): void => void this.messages.push(error.message)

  constructor() {
    process.removeAllListeners('uncaughtException').on('uncaughtException', this.#note)
  }

  [Symbol.dispose](): void {
    process.removeAllListeners('uncaughtException')
    for (const listener of this.#before) process.on('uncaughtException', listener)
  }
}
