import type { Gap } from '@sse/core'
import type { ConnectionState, Happening } from '../src/index.ts'

const LEGAL: Readonly<Record<ConnectionState['status'], readonly ConnectionState['status'][]>> = {
  connecting: ['connecting', 'open', 'waiting', 'suspended', 'closed'],
  open: ['waiting', 'suspended', 'closed'],
  waiting: ['connecting', 'suspended', 'closed'],
  suspended: ['connecting', 'suspended', 'waiting', 'closed'],
  closed: [],
}

/**
 * What a reader must be given: every event once, in order, or a gap that says what is missing. Events are
 * `<epoch> <number>`, ids `<epoch>-<number>`.
 */
export class ReaderLaw {
  readonly failures: string[] = []
  readonly seen: Map<string, number> = new Map()
  #epoch = ''
  /** The number of the event that must come next; `undefined` before it is known where it began. */
  #next: number | undefined
  #state: ConnectionState['status'] = 'connecting'
  #over = false

  event(data: string): void {
    const [epoch = '', number] = data.split(' ')
    const n = Number(number)
    if (this.#over) this.failures.push(`event ${data} after close()`)
    this.count('event')
    if (this.#next === undefined) this.#epoch = epoch
    else if (epoch !== this.#epoch || n !== this.#next) {
      this.failures.push(`event ${epoch} ${n}, not ${this.#epoch} ${this.#next}`)
    }
    this.#next = n + 1
  }

  gap({ reason, resumedAtId, missed }: Gap): void {
    this.count(`gap: ${reason}`)
    const [epoch = '', offset] = resumedAtId.split('-')
    const next = Number(offset) + 1
    if (reason === 'restarted' ? epoch === this.#epoch : epoch !== this.#epoch && this.#epoch !== '') {
      this.failures.push(`a gap (${reason}) from ${this.#epoch} to ${epoch}`)
    }
    if (reason === 'evicted' && this.#next !== undefined && missed !== next - this.#next) {
      this.failures.push(`a gap of ${missed} from ${this.#next} to ${next}`)
    }
    this.#epoch = epoch
    this.#next = next
  }

  happening(happening: Happening): void {
    if (this.#over) this.failures.push(`${happening.type} after close()`)
    if (happening.type === 'comment') this.count('comment')
    if (happening.type === 'dropped') this.count(`dropped: ${happening.reason}`)
    if (happening.type === 'circuit') this.count(`circuit: ${happening.circuit.state}`)
    if (happening.type !== 'state') return
    const { state, previous } = happening
    this.count('reason' in state ? `${state.status}: ${state.reason}` : state.status)
    if ('error' in state && state.error) this.count(`because: ${state.error.code}`)
    if (previous.status !== this.#state || !LEGAL[previous.status].includes(state.status)) {
      this.failures.push(`${this.#state} (${previous.status}) → ${state.status}`)
    }
    this.#state = state.status
  }

  /** Nothing may follow. */
  closed(): void {
    this.#over = true
  }

  /** Where it is, as the server writes positions. */
  get position(): string | undefined {
    return this.#next === undefined ? undefined : `${this.#epoch}-${this.#next - 1}`
  }

  count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1)
  }
}
