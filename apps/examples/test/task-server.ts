import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { EventSourceResponse } from '@sse/server'
import type { Database } from '../database/open-database.ts'
import { TaskFeed, type TaskFeedOptions } from '../database/task-events.ts'

/** What a process is that streams the changes of tasks: a feed of its own, on a port of its own. */
export class TaskServer implements AsyncDisposable {
  readonly url: string
  readonly #server: Server
  readonly #feed: TaskFeed
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, feed: TaskFeed) {
    this.#server = server
    this.#feed = feed
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(database: Database, options?: TaskFeedOptions): Promise<TaskServer> {
    const feed = await TaskFeed.open(database, options)
    const server = createServer((request, response) => {
      // A database that is away ends the streams that have to be read from it. Their clients come back.
      // A database that is away ends the streams that have to be read from it. Their clients come back.
      void new EventSourceResponse(feed.changes, { onError: () => undefined }).send(request, response)
    }).listen(0)
    await once(server, 'listening')
    return new TaskServer(server, feed)
  }

  /** Breaks all connections as a network does: what is under way is lost, wherever it is. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await this.#feed[Symbol.asyncDispose]()
    this.#server.close()
    // Who has come meanwhile would be waited for until its connection is idle for long.
    this.cut()
    await once(this.#server, 'close')
  }
}
