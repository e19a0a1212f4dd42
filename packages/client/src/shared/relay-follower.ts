import { type RelayEntry, type RelayLog, type RelayPosition, samePosition } from './relay-log.ts'
import type { RelayReader } from './relay-reader.ts'
import type { AnswerMessage, TabMessage } from './tab-channel.ts'

/**
 * Keeps the log of a tab that does not lead in step with what the leader relays: appends what follows on what it has, and asks
 * when something else comes. So the log is contiguous, or its reader is told of a gap.
 */
export class RelayFollower {
  readonly #tab: string
  readonly #log: RelayLog
  readonly #reader: RelayReader
  readonly #post: (message: TabMessage) => void
  #question = 0
  #asking = false
  /** The ids of events that it has and the leader may relay again. */
  readonly #repeats = new Set<string>()

  constructor(tab: string, log: RelayLog, reader: RelayReader, post: (message: TabMessage) => void) {
    this.#tab = tab
    this.#log = log
    this.#reader = reader
    this.#post = post
  }

  /** Whether the leader still has to say what this tab missed. Until then it does not take what is said to all. */
  get asking(): boolean {
    return this.#asking
  }

  ask(): void {
    this.#asking = true
    this.#question++
    const { lastEventId } = this.#reader
    const position = this.#log.head ?? (lastEventId === '' ? undefined : { term: '', number: 0, lastEventId })
    this.#post({
      kind: 'ask',
      from: this.#tab,
      question: this.#question,
      position: position && bare(position),
    })
  }

  /** It leads itself now: nobody will answer, and nothing be repeated. */
  stop(): void {
    this.#asking = false
    this.#repeats.clear()
  }

  /** Where the leader is. */
  leaderIsAt(head: RelayPosition): void {
    const current = this.#log.head !== undefined && samePosition(this.#log.head, head)
    if (!current && !this.#asking) this.ask()
  }

  relayed(entries: readonly RelayEntry[]): void {
    if (!this.#asking && !this.appendNext(entries)) this.ask()
  }

  answered({ to, question, base, entries, match }: AnswerMessage): void {
    if (!this.#asking || to !== this.#tab || question !== this.#question) return
    this.#asking = false
    const { head } = this.#log
    if (match === 'hole' || head === undefined) {
      this.#log.beginAt(base)
      this.#reader.restart(match === 'hole' ? 'evicted' : undefined)
    } else if (match === 'repeats') this.#expectRepeats(head, base)
    this.#appendAll(entries)
  }

  /** Appends what follows on what it has. Returns false if there are entries missing in between. */
  appendNext(entries: readonly RelayEntry[]): boolean {
    const { head } = this.#log
    const [first] = entries
    const last = entries.at(-1)
    if (head === undefined || first === undefined || last === undefined) return false
    const at = entries.findLastIndex((entry) => samePosition(entry, head))
    const follows = at >= 0 || (first.term === head.term && first.number === head.number + 1)
    if (!follows) return last.term === head.term && last.number <= head.number
    this.#appendAll(entries.slice(at + 1))
    return true
  }

  /** Tells a tab that is about to lead what this one has read and it has not. */
  help(to: string, position: RelayPosition): void {
    const { index, match } = this.#log.after(position)
    const entries = this.#log.from(index)
    if (match === 'exact' && entries.length > 0) this.#post({ kind: 'help', to, entries })
  }

  #appendAll(entries: readonly RelayEntry[]): void {
    for (const entry of entries) this.#append(entry)
    this.#reader.read()
    this.#log.trim()
  }

  /** An event that it has leaves its number behind, so that the log stays contiguous. */
  #append(entry: RelayEntry): void {
    if (this.#repeats.size > 0 && entry.id !== undefined) {
      if (this.#repeats.delete(entry.id)) return this.#log.append(bare(entry))
      this.#repeats.clear()
    }
    this.#log.append(entry)
  }

  #expectRepeats(head: RelayPosition, base: RelayPosition): void {
    this.#repeats.clear()
    for (const { term, number, id } of this.#log.from(this.#log.begin))
      if (term === head.term && number > base.number && id !== undefined) this.#repeats.add(id)
  }
}

/** An entry without its event. */
export function bare({ term, number, lastEventId }: RelayPosition): RelayPosition {
  return { term, number, lastEventId }
}
