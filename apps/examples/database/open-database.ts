import { drizzle } from 'drizzle-orm/node-postgres'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { createSchema } from './schema.ts'

export interface Database extends AsyncDisposable {
  /** What queries are asked of. Each borrows a connection for as long as it runs. */
  readonly db: PgDatabase<PgQueryResultHKT>
  /**
   * Calls back when something was said on a channel of `NOTIFY`, and whenever something may have been missed: at first, and
   * after the connection that listens was lost. Returns a function that ends it.
   */
  listen(channel: string, onNotified: () => void): Promise<() => Promise<void>>
}

/** PostgreSQL: the server of `DATABASE_URL`, or, without one, PGlite in this process. The same code runs on both. */
export async function openDatabase(url: string | undefined = process.env['DATABASE_URL']): Promise<Database> {
  const database = url === undefined ? await openEmbedded() : await openServer(url)
  try {
    await database.db.transaction(async (transaction) => {
      for (const statement of createSchema) await transaction.execute(statement)
    })
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
  return database
}

/** Loaded only where it is used: it is 10 MB of WebAssembly. */
async function openEmbedded(): Promise<Database> {
  const { PGlite } = await import('@electric-sql/pglite')
  const { drizzle: drizzlePglite } = await import('drizzle-orm/pglite')
  const client = await PGlite.create()
  return {
    db: drizzlePglite(client),
    async listen(channel, onNotified) {
      const unlisten = await client.listen(channel, onNotified)
      onNotified()
      return unlisten
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}

async function openServer(connectionString: string): Promise<Database> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString, max: 10, keepAlive: true })
  // A connection that breaks while nobody uses it is replaced when the next one is wanted.
  pool.on('error', (error) => console.error('An idle connection to the database broke:', error.message))
  // One that breaks within a transaction, between two queries, tells nobody but itself, which would end the process. The next query
  // of that transaction is told too.
  pool.on('connect', (client) => client.on('error', () => {}))
  return {
    db: drizzle(pool),
    async listen(channel, onNotified) {
      const listener = new Listener(connectionString, channel, onNotified)
      await listener.connect()
      return () => listener.close()
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

const RETRY_MS = 500

/** The one connection that listens, whatever the number of clients. It comes back when it was lost. */
class Listener {
  readonly #connectionString: string
  readonly #channel: string
  readonly #onNotified: () => void
  #client: import('pg').Client | undefined
  #retry: NodeJS.Timeout | undefined
  /** The reconnection that is under way. */
  #attempt: Promise<void> | undefined
  #closed = false

  constructor(connectionString: string, channel: string, onNotified: () => void) {
    this.#connectionString = connectionString
    this.#channel = channel
    this.#onNotified = onNotified
  }

  /** Rejects when it cannot listen; only a connection that listened once comes back by itself. */
  async connect(): Promise<void> {
    const { default: pg } = await import('pg')
    const client = new pg.Client({
      connectionString: this.#connectionString,
      // It says nothing for hours: what drops silent connections on the way has to be noticed, and kept from doing so.
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
      connectionTimeoutMillis: 10_000,
    })
    client.on('error', () => {}) // 'end' follows
    client.on('notification', this.#onNotified)
    try {
      await client.connect()
      await client.query(`listen ${client.escapeIdentifier(this.#channel)}`)
    } catch (error) {
      // Not awaited: the end of a connection that was never made may not come.
      void client.end().catch(() => {})
      throw error
    }
    this.#client = client
    client.once('end', () => this.#reconnectLater())
    this.#onNotified()
  }

  #reconnectLater(): void {
    this.#client = undefined
    if (this.#closed) return
    this.#retry = setTimeout(() => {
      this.#attempt = this.connect().catch(() => this.#reconnectLater())
    }, RETRY_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    await this.#attempt
    await this.#client?.end()
  }
}
