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
  await database.db.transaction(async (transaction) => {
    for (const statement of createSchema) await transaction.execute(statement)
  })
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
  const pool = new pg.Pool({ connectionString, max: 10 })
  // A connection that breaks while nobody uses it is replaced when the next one is wanted.
  pool.on('error', (error) => console.error('An idle connection to the database broke:', error.message))
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
  #closed = false

  constructor(connectionString: string, channel: string, onNotified: () => void) {
    this.#connectionString = connectionString
    this.#channel = channel
    this.#onNotified = onNotified
  }

  async connect(): Promise<void> {
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: this.#connectionString, keepAlive: true })
    this.#client = client
    client.on('error', () => {}) // 'end' follows
    client.on('end', () => this.#lost(client))
    client.on('notification', this.#onNotified)
    await client.connect()
    await client.query(`listen ${client.escapeIdentifier(this.#channel)}`)
    this.#onNotified()
  }

  #lost(client: import('pg').Client): void {
    if (this.#closed || this.#client !== client) return
    this.#client = undefined
    this.#retry = setTimeout(() => {
      this.connect().catch(() => this.#client && this.#lost(this.#client))
    }, RETRY_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    await this.#client?.end()
  }
}
