import { setImmediate } from 'node:timers/promises'
import { asc, eq, lt, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Database, openDatabase } from '../database/open-database.ts'
import { createSchema, taskChanges, tasks } from '../database/schema.ts'
import { taskEvents } from '../database/task-events.ts'
import { Example } from './example.ts'
import { record } from './patient-record.ts'
import { Postgres, postgresInstalled } from './postgres.ts'
import { TaskReader } from './task-reader.ts'
import { TaskServer } from './task-server.ts'

let postgres: Postgres
beforeAll(async () => {
  vi.stubEnv('DATABASE_URL', undefined)
  if (postgresInstalled) postgres = await Postgres.start()
})
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** A database with nothing in it, and as many ways into it as there are processes: PGlite has one for all. */
interface Backend {
  connect(): Promise<Database>
  /** For a process of its own; PGlite is empty there. */
  readonly url: string | undefined
}

let embedded: Database | undefined
async function pglite(): Promise<Backend> {
  // It takes seconds to start.
  embedded ??= await openDatabase()
  const { db, listen } = embedded
  await db.execute(sql`drop table if exists tasks, task_changes`)
  for (const statement of createSchema) await db.execute(statement)
  const shared: Database = { db, listen, async [Symbol.asyncDispose]() {} }
  return { connect: async () => shared, url: undefined }
}
afterAll(() => embedded?.[Symbol.asyncDispose]())

let databases = 0
async function server(): Promise<Backend> {
  const name = `test_${++databases}`
  await using admin = await openDatabase(postgres.url)
  await admin.db.execute(sql.raw(`create database ${name}`))
  const url = postgres.url.replace('/postgres?', `/${name}?`)
  return { connect: () => openDatabase(url), url }
}

const backends = [
  { name: 'PGlite', open: pglite, installed: true, transactions: 20 },
  { name: 'PostgreSQL', open: server, installed: postgresInstalled, transactions: 50 },
] as const

async function addTasks({ db }: Database, from: number, to: number): Promise<void> {
  const titles = Array.from({ length: to - from + 1 }, (_, index) => ({ title: `task ${from + index}` }))
  await db.insert(tasks).values(titles)
}

async function changeIds({ db }: Database): Promise<number[]> {
  return (await db.select({ id: taskChanges.id }).from(taskChanges).orderBy(asc(taskChanges.id))).map(
    ({ id }) => id,
  )
}

/** Ids from and to, both inclusive, as a reader is given them. */
function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
}

/** What a reader must have: all from its first change to the last one, in order, or a reset where that is not so. */
function expectWhole(seen: readonly (number | 'reset')[], all: readonly number[]): void {
  let next: number | undefined = 0
  for (const id of seen) {
    if (id === 'reset') next = undefined
    else {
      const at: number = next ?? all.indexOf(id)
      expect(id, `behind ${all[at - 1]}`).toBe(all[at])
      next = at + 1
    }
  }
  expect(next ?? all.length, 'up to the last').toBe(all.length)
}

describe.each(backends)('the changes of tasks on $name', ({ open, installed, transactions }) => {
  test.skipIf(!installed)(
    'reach each reader once and in order, whatever writers, networks and processes do',
    async () => {
      const backend = await open()
      await using writing = await backend.connect()
      const connections = await Promise.all([backend.connect(), backend.connect()])
      const openServer = (process: number): Promise<TaskServer> =>
        TaskServer.open(connections[process] as Database, { kept: 50 })
      const servers = [openServer(0), openServer(1)]

      let connects = 0
      const readers = Array.from(
        { length: 6 },
        (_, number) =>
          new TaskReader(number < 3 ? 'rows' : 'standard', () => {
            // Another process each time.
            return servers[(number + connects++) % 2] as Promise<TaskServer>
          }),
      )
      const allKnow = async (title: string): Promise<void> => {
        const known = (): boolean[] => readers.map((reader) => reader.knows(title))
        await expect.poll(known).not.toContain(false)
      }
      await Promise.all(readers.map((reader) => reader.start()))
      // The first number is not one that was given up, which could not be told from one that was deleted.
      await writing.db.insert(tasks).values({ title: 'the first' })
      await allKnow('the first')

      const restart = async (process: 0 | 1): Promise<void> => {
        // One after the other: the next restart, of another writer, is one of this server.
        const old = servers[process]
        servers[process] = (async () => {
          await (await old)?.[Symbol.asyncDispose]()
          return openServer(process)
        })()
        await servers[process]
      }
      const disturb = async (transaction: number): Promise<void> => {
        if (transaction % 50 === 20) await restart(0)
        else if (transaction % 50 === 45) await restart(1)
        else if (transaction % 10 === 5) (await servers[((transaction / 5) % 2) | 0])?.cut()
        else if (transaction % 3 === 0) await readers[transaction % readers.length]?.leave()
      }
      let written = 0
      await Promise.all(
        [0, 1, 2, 3].map(async (writer) => {
          for (let number = 0; number < transactions; number++) {
            await write(writing, writer, number)
            await disturb(written++)
            // PGlite works in this thread, and would not let anybody else.
            await setImmediate()
          }
        }),
      )
      await writing.db.insert(tasks).values({ title: 'the last' })

      const all = await changeIds(writing)
      await allKnow('the last')
      await Promise.all(readers.map((reader) => reader.stop()))
      const { id, title, completed } = tasks
      const rows = await writing.db.select({ id, title, completed }).from(tasks).orderBy(asc(id))
      for (const [number, reader] of readers.entries()) {
        if (number < 3) expect(reader.seen).toEqual(all)
        else expectWhole(reader.seen, all)
        expect([...reader.tasks.values()].sort((one, other) => one.id - other.id)).toEqual(rows)
      }
      expect(connects).toBeGreaterThan(20)
      for (const each of servers) await (await each)[Symbol.asyncDispose]()
      for (const each of connections) await each[Symbol.asyncDispose]()
    },
  )

  test.skipIf(!installed)('are read from the table by who was away while all processes were', async () => {
    const backend = await open()
    await using database = await backend.connect()
    await addTasks(database, 1, 1)
    {
      await using before = await TaskServer.open(database, { kept: 5 })
      await using reader = await record(before.url, { lastEventId: '0' })
      expect(await reader.next()).toMatchObject({ type: 'created', id: '1' })
    }
    await addTasks(database, 2, 40)
    await using after = await TaskServer.open(database, { kept: 5 })

    await using fromTable = await record(after.url, { lastEventId: '1' })
    expect((await fromTable.next(39)).map(({ id }) => id)).toEqual(ids(2, 40))
    // Cut off in the middle of them, and in what the channel holds.
    await using again = await fromTable.reconnect({ lastEventId: '20' })
    expect((await again.next(20)).map(({ id }) => id)).toEqual(ids(21, 40))
    await using fromMemory = await fromTable.reconnect({ lastEventId: '38' })
    expect((await fromMemory.next(2)).map(({ id }) => id)).toEqual(ids(39, 40))

    await addTasks(database, 41, 41)
    for (const stream of [fromTable, again, fromMemory])
      expect(await stream.next()).toMatchObject({ id: '41' })
    // More at once than are read at once.
    await addTasks(database, 42, 53)
    for (const stream of [fromTable, again, fromMemory])
      expect((await stream.next(12)).map(({ id }) => id)).toEqual(ids(42, 53))
    for (const stream of [fromTable, again, fromMemory])
      expect(stream.events.filter(({ type }) => type !== 'created')).toEqual([])
  })

  test.skipIf(!installed)('come as a reset where they cannot come one by one', async () => {
    const backend = await open()
    await using database = await backend.connect()
    await addTasks(database, 1, 40)
    await database.db.delete(tasks).where(lt(tasks.id, 39))
    await using server = await TaskServer.open(database, { kept: 5 })
    const expectReset = async (lastEventId: string): Promise<void> => {
      await using reader = await record(server.url, { lastEventId, events: taskEvents })
      expect(await reader.next()).toMatchObject({ type: 'reset', data: [{ id: 39 }, { id: 40 }] })
    }
    // More than ten times what is kept, ahead of everything, of another life of the channel, made up.
    for (const id of ['0', '79', '0abcdefg-3', '-1', '1e1', "1' or '1'='1"]) await expectReset(id)

    await database.db.delete(taskChanges).where(lt(taskChanges.id, 70))
    await expectReset('60')
    await database.db.delete(taskChanges)
    await expectReset('70')
  })

  test.skipIf(!installed)(
    'are not told twice to who comes from a process that has read further',
    async () => {
      const backend = await open()
      await using database = await backend.connect()
      // Its notifications are late.
      const late: Database = { ...database, listen: async () => async () => {} }
      await using behind = await TaskServer.open(late)
      await addTasks(database, 1, 3)

      await using reader = await record(behind.url, { lastEventId: '2' })
      expect(await reader.next()).toMatchObject({ type: 'created', id: '3' })
      await using latest = await record(behind.url, { lastEventId: '3' })
      await using server = await TaskServer.open(database)
      await addTasks(database, 4, 4)
      await using ahead = await record(server.url, { lastEventId: '3' })
      expect(await ahead.next()).toMatchObject({ id: '4' })
      await using returned = await record(behind.url, { lastEventId: '4' })
      await addTasks(database, 5, 5)
      await using waker = await record(behind.url, { lastEventId: '5' })
      expect(await returned.next()).toMatchObject({ id: '5' })
      expect((await latest.next(2)).map(({ id }) => id)).toEqual(ids(4, 5))
      expect(waker.events).toEqual([])
    },
  )

  test.skipIf(!installed)(
    'are read again when reading them failed, though nobody says that they are there',
    async () => {
      const backend = await open()
      await using database = await backend.connect()
      let failing = false
      const failed = Promise.withResolvers<void>()
      const flaky: Database = {
        ...database,
        get db() {
          if (!failing) return database.db
          failing = false
          failed.resolve()
          throw new Error('Too many connections')
        },
      }
      const error = vi.spyOn(console, 'error').mockImplementation(() => {})
      onTestFinished(() => error.mockRestore())
      await using server = await TaskServer.open(flaky)
      await using reader = await record(server.url)
      failing = true
      await addTasks(database, 1, 1)
      await failed.promise
      expect(await reader.next()).toMatchObject({ type: 'created', id: '1' })
      expect(error).toHaveBeenCalledOnce()
    },
  )

  test.skipIf(!installed)('cannot be got round by a truncate', async () => {
    const backend = await open()
    await using database = await backend.connect()
    await expect(database.db.execute(sql`truncate tasks`)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Use delete from tasks') },
    })
  })
})

describe.skipIf(!postgresInstalled)('writers on PostgreSQL', () => {
  /** Settles when somebody waits for the lock that puts changes in order. */
  async function someoneWaits({ db }: Database, statement: 'insert' | 'update'): Promise<void> {
    const waiting = sql`select 1 from pg_stat_activity
      where wait_event = 'advisory' and datname = current_database() and query like ${`${statement}%`}`
    await expect
      .poll(async () => ((await db.execute(waiting)) as unknown as { rows: unknown[] }).rows, { interval: 5 })
      .toHaveLength(1)
  }

  test('are made visible in the order of their ids', async () => {
    const backend = await server()
    await using database = await backend.connect()
    await using served = await TaskServer.open(database)
    await using reader = await record(served.url)
    let second: Promise<unknown> | undefined
    await database.db.transaction(async (first) => {
      await first.insert(tasks).values({ title: 'first' })
      second = addTasks(database, 2, 2)
      await someoneWaits(database, 'insert')
    })
    await second
    expect(await reader.next(2)).toMatchObject([
      { id: '1', data: /first/ },
      { id: '2', data: /task 2/ },
    ])
  })

  test('do not wait for each other for ever', async () => {
    const backend = await server()
    await using database = await backend.connect()
    await addTasks(database, 1, 1)
    const complete = (db: Database['db']): Promise<unknown> =>
      db.update(tasks).set({ completed: true }).where(eq(tasks.id, 1)).execute()
    let second: Promise<unknown> | undefined
    await database.db.transaction(async (first) => {
      await first.insert(tasks).values({ title: 'first' })
      second = complete(database.db)
      await someoneWaits(database, 'update')
      await complete(first)
    })
    await second
  })

  test('do not keep a process from starting', async () => {
    const backend = await server()
    await using database = await backend.connect()
    let others: Promise<unknown> | undefined
    await database.db.transaction(async (first) => {
      await first.execute(sql`select pg_advisory_xact_lock(hashtext('task_changes'))`)
      // It asks nothing of who puts changes in order.
      await (await backend.connect())[Symbol.asyncDispose]()
      others = addTasks(database, 1, 1)
      await someoneWaits(database, 'insert')
    })
    await others
    expect(await changeIds(database)).toEqual([1])
  })
})

describe.skipIf(!postgresInstalled)('a PostgreSQL that crashes', () => {
  test('interrupts no stream, and nothing is missed when it is back', async () => {
    const own = await Postgres.start()
    await using _ = own
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => printed.mockRestore())
    await using database = await openDatabase(own.url)
    await using server = await TaskServer.open(database)
    await using reader = await record(server.url)
    await addTasks(database, 1, 1)
    expect(await reader.next()).toMatchObject({ id: '1' })

    const written = Promise.withResolvers<void>()
    const crashed = Promise.withResolvers<void>()
    const interrupted = database.db.transaction(async (transaction) => {
      await transaction.insert(tasks).values({ title: 'never committed' })
      written.resolve()
      await crashed.promise
    })
    const failed = expect(interrupted).rejects.toThrow()
    await written.promise
    await own.crash()
    crashed.resolve()
    await failed
    await own.restart()
    // Nobody listens yet.
    await addTasks(database, 3, 3)

    expect(await reader.next()).toMatchObject({ type: 'created', data: /task 3/ })
    await addTasks(database, 4, 4)
    expect(await reader.next()).toMatchObject({ type: 'created', data: /task 4/ })
    expect(reader.entries.filter(({ kind }) => kind === 'open')).toHaveLength(1)
    expect(reader.events.map(({ id }) => Number(id))).toEqual(await changeIds(database))
  })

  test('is told at once to who opens it, and nothing is left that goes on trying', async () => {
    const nowhere = 'postgresql://postgres@/postgres?host=/nonexistent'
    await expect(openDatabase(nowhere)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe.each(backends)('example 03 on $name', ({ open, installed, name }) => {
  let example: Example
  let url: string | undefined
  beforeAll(async () => {
    if (!installed) return
    if (name === 'PostgreSQL') url = (await open()).url
    example = Example.guide('guide/03-database.ts', url === undefined ? {} : { DATABASE_URL: url })
  })
  afterAll(() => example?.[Symbol.dispose]())

  test.skipIf(!installed)(
    'streams rows and changes, counts, lists, and refuses what is no task',
    async () => {
      const at = (path: string): Promise<string> => example.url(path)
      const send = async (method: string, path: string, body: unknown): Promise<Response> =>
        fetch(await at(path), {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      const get = async (path: string): Promise<unknown> => (await fetch(await at(path))).json()

      await using changes = await record(await at('/tasks/changes'))
      for (const title of ['one', 'two', 'three'])
        expect((await send('POST', '/tasks', { title })).status).toBe(201)
      expect((await send('PATCH', '/tasks/2', { completed: true })).status).toBe(200)
      expect(await changes.next(4)).toMatchObject([
        { type: 'created', id: '1' },
        { type: 'created', id: '2' },
        { type: 'created', id: '3' },
        { type: 'updated', id: '4', data: expect.stringContaining('"completed":true') },
      ])
      await using back = await changes.reconnect({ lastEventId: '3' })
      expect(await back.next()).toMatchObject({ id: '4' })

      expect(await get('/tasks/count')).toEqual({ tasks: 3 })
      expect(await get('/tasks/list?completed=false&limit=1')).toMatchObject([{ id: 1, title: 'one' }])
      const rows = async (query: string, lastEventId?: string): Promise<unknown[]> => {
        await using stream = await record(await at(`/tasks/stream${query}`), { lastEventId })
        expect((await stream.ended()).reason).toBe('complete')
        expect(stream.events.at(-1)).toMatchObject({ type: 'end' })
        return stream.events.slice(0, -1).map(({ id }) => id)
      }
      expect(await rows('')).toEqual(['1', '2', '3'])
      expect(await rows('', '1')).toEqual(['2', '3'])
      expect(await rows('', '1e999')).toEqual(['1', '2', '3'])
      expect(await rows('?limit=2')).toEqual(['1', '2'])
      expect(await rows('?completed=true')).toEqual(['2'])

      for (const path of ['/tasks/stream?limit=0', '/tasks/stream?completed=perhaps', '/tasks/list?limit=x'])
        expect((await fetch(await at(path))).status).toBe(400)
      expect((await send('POST', '/tasks', { title: ' ' })).status).toBe(400)
      expect((await send('PATCH', '/tasks/two', { completed: true })).status).toBe(400)
      expect((await send('PATCH', '/tasks/99', { completed: true })).status).toBe(404)
    },
  )

  test.skipIf(!installed)(
    'runs out of connections by streams that hold one, and not by those that do not',
    async () => {
      const count = await example.url('/tasks/count')
      const streams = async (path: string): Promise<AsyncDisposableStack> => {
        const stack = new AsyncDisposableStack()
        const url = await example.url(path)
        for (let n = 0; n < 12; n++) {
          const stream = stack.use(await record(url, { limits: { maxEventLength: 1e6 } }))
          stream.pauseReading()
        }
        return stack
      }
      if (url !== undefined) {
        await using database = await openDatabase(url)
        // More than the buffers between hold, so that streams that are not read stay open.
        await database.db.execute(
          sql`insert into tasks (title) select repeat('x', 100000) from generate_series(1, 150)`,
        )
      }
      {
        await using _slow = await streams('/tasks/stream')
        expect((await fetch(count)).status).toBe(200)
      }
      let answered = false
      let answer: Promise<void>
      {
        await using _holding = await streams('/tasks/stream/wrong')
        answer = fetch(count).then(({ status }) => {
          expect(status).toBe(200)
          answered = true
        })
        // What asks nothing of the database is answered, many times over.
        const elsewhere = await example.url('/elsewhere')
        for (let n = 0; n < 50; n++) expect((await fetch(elsewhere)).status).toBe(404)
        expect(answered).toBe(false)
      }
      await answer
    },
  )

  test.skipIf(!installed)('ends by itself on Ctrl-C', async () => {
    example.interrupt()
    expect(await example.exitCode()).toBe(0)
  })
})

/** One of many transactions: it adds, changes and deletes, waits a little in the middle, and one in five is given up. */
async function write({ db }: Database, writer: number, number: number): Promise<void> {
  const rolledBack = new Error('rolled back')
  try {
    await db.transaction(async (transaction) => {
      if (number % 4 === writer) await transaction.execute(sql`select pg_sleep(0.002)`)
      const [task] = await transaction
        .insert(tasks)
        .values({ title: `${writer}/${number}` })
        .returning()
      if (number % 4 === 1) await transaction.execute(sql`select pg_sleep(0.002)`)
      if (task !== undefined && number % 3 === 0)
        await transaction.update(tasks).set({ completed: true }).where(eq(tasks.id, task.id))
      if (number % 7 === 0) await transaction.delete(tasks).where(eq(tasks.title, `${writer}/${number - 5}`))
      if (number % 5 === 4) throw rolledBack
    })
  } catch (error) {
    if (error !== rolledBack) throw error
  }
}
