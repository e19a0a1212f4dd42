import { defineEvents, type Gap, type ServerSentEvent } from '@sse/core'
import { Channel } from '@sse/server'
import { and, asc, desc, gt, lte, min } from 'drizzle-orm'
import { z } from 'zod'
import type { Database } from './open-database.ts'
import { CHANGES_CHANNEL, type TaskChange, taskChanges, tasks } from './schema.ts'

const task = z.object({ id: z.int(), title: z.string(), completed: z.boolean() })

const taskEvents = defineEvents({
  created: task,
  updated: task,
  deleted: task,
  /** All tasks as they are now, for a reader that was away longer than changes are kept. */
  reset: z.array(task),
})

/** How many changes the channel holds in memory, and how many a reader is given one by one. */
const KEPT = 1_000

/**
 * A channel of what happens to the tasks, whoever changes them: this process, another one, or somebody at `psql`.
 *
 * The ids are those of the table, so any process resumes any client: from memory if the change is still there, else from the table.
 */
export class TaskFeed implements AsyncDisposable {
  readonly channel: Channel<typeof taskEvents.schemas>
  readonly #database: Database
  #unlisten: (() => Promise<void>) | undefined
  #lastId = 0
  /** The reading that is under way, and whether something came meanwhile. */
  #reading: Promise<void> | undefined
  #again = false
  #closed = false

  private constructor(database: Database) {
    this.#database = database
    this.channel = new Channel(taskEvents, {
      name: 'tasks',
      retention: { events: KEPT },
      lagPolicy: (gap) => this.#catchUp(gap),
    })
  }

  static async open(database: Database): Promise<TaskFeed> {
    const feed = new TaskFeed(database)
    await feed.#fill()
    feed.#unlisten = await database.listen(CHANGES_CHANNEL, () => feed.#notified())
    await feed.#reading
    return feed
  }

  /** The latest changes, so that most of those who come back after a restart are resumed from memory. */
  async #fill(): Promise<void> {
    const latest = await this.#database.db
      .select()
      .from(taskChanges)
      .orderBy(desc(taskChanges.id))
      .limit(KEPT)
    this.#publish(latest.reverse())
  }

  /** One reading at a time; what is said during one is read by the next. */
  #notified(): void {
    this.#again = true
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined
    })
  }

  async #readOn(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        const { db } = this.#database
        const newer = await db
          .select()
          .from(taskChanges)
          .where(gt(taskChanges.id, this.#lastId))
          .orderBy(asc(taskChanges.id))
          .limit(KEPT)
        this.#publish(newer)
        if (newer.length === KEPT) this.#again = true
      } catch (error) {
        // The position stands: what could not be read now is read when the database is back, see `listen`.
        if (!this.#closed) console.error('The changes could not be read:', error)
      }
    }
  }

  #publish(changes: readonly TaskChange[]): void {
    for (const { id, operation, task } of changes) {
      if (this.#closed) return
      this.channel.publish(operation, task, { id: String(id) })
      this.#lastId = id
    }
  }

  /** What a reader missed that the channel no longer holds. The channel goes on with what is published from now on. */
  async #catchUp({ requestedId }: Gap): Promise<ServerSentEvent[]> {
    const upTo = this.#lastId
    const from = Number(requestedId)
    if (requestedId !== null && Number.isSafeInteger(from) && from >= 0 && from <= upTo) {
      const { db } = this.#database
      const [oldest] = await db.select({ id: min(taskChanges.id) }).from(taskChanges)
      const missed = await db
        .select()
        .from(taskChanges)
        .where(and(gt(taskChanges.id, from), lte(taskChanges.id, upTo)))
        .orderBy(asc(taskChanges.id))
        .limit(10 * KEPT + 1)
      if ((oldest?.id ?? 0) <= from + 1 && missed.length <= 10 * KEPT)
        return missed.map(({ operation, task }) => taskEvents.create(operation, task))
    }
    return [taskEvents.create('reset', await this.#allTasks())]
  }

  async #allTasks(): Promise<z.infer<typeof task>[]> {
    const { id, title, completed } = tasks
    return this.#database.db.select({ id, title, completed }).from(tasks).orderBy(asc(id))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#unlisten?.()
    await this.#reading
    this.channel.close()
  }
}
