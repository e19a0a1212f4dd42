import { monotonicMicros } from '../monotonic-clock.ts'
import { StreamConnection } from './stream-connection.ts'

export interface VisitPlan {
  readonly port: number
  /** How many are connected at a time. */
  readonly atOnce: number
  /** What each waits for before it leaves. */
  readonly events: number
  readonly forMs: number
}

export interface Visits {
  readonly count: number
  readonly micros: number
}

/** Clients who connect, take a few events, and leave; then the next one comes. */
export async function visit({ port, atOnce, events, forMs }: VisitPlan): Promise<Visits> {
  const startedAt = monotonicMicros()
  const endsAt = startedAt + forMs * 1e3
  let count = 0
  const comeAndGo = async (): Promise<void> => {
    while (monotonicMicros() < endsAt) {
      await visitOnce(port, events)
      count++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, comeAndGo))
  return { count, micros: monotonicMicros() - startedAt }
}

function visitOnce(port: number, events: number): Promise<void> {
  return new Promise((resolve, reject) => {
    new StreamConnection(port, {
      onEvent() {},
      onBytes(connection, bytes, length) {
        const { reader } = connection
        reader.read(bytes, length)
        if (reader.fault !== undefined) reject(new Error(`A visitor ${reader.fault}.`))
        else if (reader.events < events) return
        connection.leave()
        resolve()
      },
      onLost: (_, reason) => reject(new Error(`A visitor lost the connection: ${reason}.`)),
    })
  })
}
