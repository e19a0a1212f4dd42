import { Session } from 'node:inspector/promises'

export interface ProfiledFunction {
  /** `name file:line`; what V8 puts in parentheses is no function. */
  readonly name: string
  /** Its part of the time in which the process was not idle. */
  readonly share: number
}

const SAMPLE_EVERY_MICROS = 200

/** Where this process spends its time: V8's sampling profiler, between start and stop. */
export class ProfiledTime {
  readonly #session: Session

  private constructor(session: Session) {
    this.#session = session
  }

  static async start(): Promise<ProfiledTime> {
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_MICROS })
    await session.post('Profiler.start')
    return new ProfiledTime(session)
  }

  /** The functions with most time of their own, that of others which they call not counted. */
  async stop(count: number): Promise<readonly ProfiledFunction[]> {
    const { profile } = await this.#session.post('Profiler.stop')
    this.#session.disconnect()
    const hits = new Map<string, number>()
    let busy = 0
    for (const { callFrame, hitCount = 0 } of profile.nodes) {
      if (callFrame.functionName === '(idle)') continue
      busy += hitCount
      const name = describe(callFrame)
      hits.set(name, (hits.get(name) ?? 0) + hitCount)
    }
    return [...hits]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, hitCount]) => ({ name, share: hitCount / busy }))
  }
}

function describe({
  functionName,
  url,
  lineNumber,
}: {
  functionName: string
  url: string
  lineNumber: number
}): string {
  const name = functionName || '(anonymous)'
  if (url === '') return name.startsWith('(') ? name : `${name} (native)`
  return `${name} ${url.replace(/^.*\//, '')}:${lineNumber + 1}`
}
