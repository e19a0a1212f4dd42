import { type Recording, record } from '@sse/testing'
import { taskEvents } from '../database/task-events.ts'

type Task = { readonly id: number; readonly title: string; readonly completed: boolean }
type Stream = Recording<typeof taskEvents.schemas>

/**
 * A client that comes back whenever it is cut off, and keeps what it was told.
 *
 * `standard` comes back with the last event ID as a browser has it, positions without an event included; `rows` with the id of the
 * last change that it has, from the first on.
 */
export class TaskReader {
  /** The changes that came, by their ids, and the resets between them. */
  readonly seen: (number | 'reset')[] = []
  readonly tasks: Map<number, Task> = new Map()
  readonly #kind: 'standard' | 'rows'
  readonly #server: () => Promise<{ readonly url: string }>
  #stream: Stream | undefined
  #lastEventId: string
  #stopped = false
  #reading: Promise<void> | undefined

  /** `server` is asked for each time it connects. */
  constructor(kind: 'standard' | 'rows', server: () => Promise<{ readonly url: string }>) {
    this.#kind = kind
    this.#server = server
    this.#lastEventId = kind === 'rows' ? '0' : ''
  }

  /** Settles when it is connected for the first time. */
  async start(): Promise<void> {
    this.#stream = await this.#connect()
    this.#reading = this.#read(this.#stream)
  }

  /** Whether it was told of a task with this title, also on the connection that is open. */
  knows(title: string): boolean {
    const knows = (task: { readonly title: string }): boolean => task.title === title
    const open = this.#stream?.events ?? []
    return (
      [...this.tasks.values()].some(knows) ||
      open.some(({ type, data }) => type !== 'gap' && (type === 'reset' ? data.some(knows) : knows(data)))
    )
  }

  /** Goes away, and comes back at once. */
  async leave(): Promise<void> {
    await this.#stream?.close()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.leave()
    await this.#reading
  }

  async #connect(): Promise<Stream> {
    for (;;) {
      const { url } = await this.#server()
      const request = { lastEventId: this.#lastEventId, events: taskEvents, timeoutMs: 60_000 }
      const stream = await record(url, request).catch(() => undefined)
      if (stream !== undefined) return stream
    }
  }

  async #read(first: Stream): Promise<void> {
    for (let stream = first; ; stream = await this.#connect()) {
      this.#stream = stream
      if (this.#stopped) await stream.close()
      const end = await stream.ended()
      if (end.reason === 'failed') throw end.error
      this.#keep(stream)
      if (this.#stopped) return
    }
  }

  #keep(stream: Stream): void {
    for (const event of stream.events) {
      if (event.type === 'reset') {
        this.seen.push('reset')
        this.tasks.clear()
        for (const task of event.data) this.tasks.set(task.id, task)
      } else if (event.type === 'gap')
        throw new Error('A gap was told, though there is a table to read from.')
      else {
        this.seen.push(Number(event.id))
        if (event.type === 'deleted') this.tasks.delete(event.data.id)
        else this.tasks.set(event.data.id, event.data)
        if (this.#kind === 'rows' && event.id !== undefined) this.#lastEventId = event.id
      }
    }
    if (this.#kind === 'standard' && stream.lastEventId !== '') this.#lastEventId = stream.lastEventId
  }
}
