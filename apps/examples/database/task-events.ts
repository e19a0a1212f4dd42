import { defineEvents, type Gap, type ServerSentEvent } from '@sse/core'
import { Channel } from '@sse/server'
import { and, asc, desc, gt, lte, min } from 'drizzle-orm'
import { z } from 'zod'
import type { Database } from './open-database.ts'
import { CHANGES_CHANNEL, type TaskChange, taskChanges, tasks } from './schema.ts'

const task = z.object({ id: z.int(), title: z.string(), completed: z.boolean() })

export const taskEvents = defineEvents({
  created: task,
  updated: task,
  deleted: task,
  /** All tasks as they are now, for a reader that was away longer than changes are kept. */
  reset: z.array(task),
})

export interface TaskFeedOptions {
  /** How many changes are held in memory. Ten times as many are read from the table for one reader. Default 1,000. */
  readonly kept?: number | undefined
}

const RETRY_MS = 500

/**
 * A channel of what happens to the tasks, whoever changes them: this process, another one, or somebody at `psql`.
 *
 * The ids are those of the table, so any process resumes any client: from memory if the change is still there, else from the table.
 */
export class TaskFeed implements AsyncDisposable {
  readonly #channel: Channel<typeof taskEvents.schemas>
  readonly #database: Database
  readonly #kept: number
  #unlisten: (() => Promise<void>) | undefined
  /** Up to here the table was read, and the channel was told. */
  #lastId = 0
  /** The reading that is under way, and whether something came meanwhile. */
  #reading: Promise<void> | undefined
  #again = false
  #retry: NodeJS.Timeout | undefined
  #failing = false
  #closed = false

  private constructor(database: Database, kept: number) {
    this.#database = database
    this.#kept = kept
    this.#channel = new Channel(taskEvents, {
      name: 'tasks',
      retention: { events: kept },
      lagPolicy: (gap) => this.#catchUp(gap),
    })
  }

  static async open(database: Database, { kept = 1_000 }: TaskFeedOptions = {}): Promise<TaskFeed> {
    const feed = new TaskFeed(database, kept)
    await feed.#fill()
    feed.#unlisten = await database.listen(CHANGES_CHANNEL, () => void feed.#readNewer())
    await feed.#reading
    return feed
  }

  /** The changes as the content of a stream: `new EventSourceResponse(feed.changes)`. */
  readonly changes = async ({
    lastEventId,
  }: {
    readonly lastEventId: string
  }): Promise<Channel<typeof taskEvents.schemas>> => {
    // It may come from another process, which has read further than this one.
    if ((rowId(lastEventId) ?? 0) > this.#lastId) await this.#readNewer()
    return this.#channel
  }

  /** The latest changes, so that most of those who come back after a restart are resumed from memory. */
  async #fill(): Promise<void> {
    const latest = await this.#database.db
      .select()
      .from(taskChanges)
      .orderBy(desc(taskChanges.id))
      .limit(this.#kept)
    this.#publish(latest.reverse())
  }

  /** One reading at a time; what is said during one is read by the next. Settles when all was read that was there at the call. */
  #readNewer(): Promise<void> {
    this.#again = true
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readOn(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        const newer = await this.#database.db
          .select()
          .from(taskChanges)
          .where(gt(taskChanges.id, this.#lastId))
          .orderBy(asc(taskChanges.id))
          .limit(this.#kept)
        this.#publish(newer)
        this.#failing = false
        if (newer.length === this.#kept) this.#again = true
      } catch (error) {
        this.#readLater(error)
      }
    }
  }

  /** The position stands. Whoever listens may never hear of these changes again, so it is for this reader to come back. */
  #readLater(error: unknown): void {
    if (this.#closed) return
    if (!this.#failing) console.error('The changes cannot be read, which is tried again:', error)
    this.#failing = true
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#readNewer(), RETRY_MS)
  }

  #publish(changes: readonly TaskChange[]): void {
    for (const { id, operation, task } of changes) {
      if (this.#closed) return
      this.#channel.publish(operation, task, { id: String(id) })
      this.#lastId = id
    }
  }

  /** What a reader missed that the channel no longer holds. The channel goes on with what is published from now on. */
  async #catchUp({ requestedId }: Gap): Promise<ServerSentEvent[]> {
    const upTo = this.#lastId
    const from = rowId(requestedId ?? '')
    const missed = from === undefined || from > upTo ? undefined : await this.#changesBetween(from, upTo)
    if (missed === undefined) return [taskEvents.create('reset', await this.#allTasks())]
    // With their ids: who is cut off in the middle of them goes on from there.
    return missed.map(({ id, operation, task }) => ({
      ...taskEvents.create(operation, task),
      id: String(id),
    }))
  }

  /** `undefined` when they are too many to be told one by one, or some of them are no longer in the table. */
  async #changesBetween(from: number, upTo: number): Promise<TaskChange[] | undefined> {
    if (from === upTo) return []
    const { db } = this.#database
    const most = 10 * this.#kept
    const changes = await db
      .select()
      .from(taskChanges)
      .where(and(gt(taskChanges.id, from), lte(taskChanges.id, upTo)))
      .orderBy(asc(taskChanges.id))
      .limit(most + 1)
    // Asked afterwards: what somebody deletes between the two queries is missed here rather than by the reader.
    const [oldest] = await db.select({ id: min(taskChanges.id) }).from(taskChanges)
    const whole = oldest !== undefined && oldest.id !== null && oldest.id <= from + 1
    return whole && changes.length <= most ? changes : undefined
  }

  async #allTasks(): Promise<z.infer<typeof task>[]> {
    const { id, title, completed } = tasks
    return this.#database.db.select({ id, title, completed }).from(tasks).orderBy(asc(id))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    await this.#unlisten?.()
    await this.#reading
    this.#channel.close()
  }
}

/** The row that an id names; `undefined` for an id that no row can have. */
function rowId(id: string): number | undefined {
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined
}
