// 03 · A database: rows as a stream, and changes as they are committed.
//
// PostgreSQL by DATABASE_URL; without it an embedded one. A stream may be open for hours, a connection of the pool must not be: it
// is borrowed for a query, and given back before the client is sent anything.
import { EventSourceResponse } from '@sse/server'
import { and, asc, count, eq, gt } from 'drizzle-orm'
import express from 'express'
import { z } from 'zod'
import { openDatabase } from '../database/open-database.ts'
import { tasks } from '../database/schema.ts'
import { TaskFeed } from '../database/task-events.ts'
import { start } from '../start.ts'

const database = await openDatabase()
const { db } = database
const feed = await TaskFeed.open(database)
const app = express()

const query = z.object({
  completed: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(100_000).default(100_000),
})

/** As a client names it, in a path or as its last event ID. */
const id = z.coerce.number().int().min(0).max(2_147_483_647)

const PAGE = 100

// Right: a page at a time. A slow client holds no connection, however long it takes; a new row is no surprise.
app.get('/tasks/stream', (req, res) => {
  const { completed, limit } = query.parse(req.query)
  void new EventSourceResponse(async function* ({ lastEventId }) {
    let after = id.catch(0).parse(lastEventId)
    for (let sent = 0; sent < limit; ) {
      const page = await db
        .select()
        .from(tasks)
        .where(and(gt(tasks.id, after), completed === undefined ? undefined : eq(tasks.completed, completed)))
        .orderBy(asc(tasks.id))
        .limit(Math.min(PAGE, limit - sent))
      for (const task of page) yield { event: 'task', id: String(task.id), data: task }
      sent += page.length
      after = page.at(-1)?.id ?? after
      if (page.length < PAGE) break
    }
    yield { event: 'end', data: {} }
  }).send(req, res)
})

// Wrong: the connection is held for as long as the client reads. Ten clients that are slow, or gone to sleep, and nobody
// gets a connection any more; with the embedded database, which has one, a single client is enough.
app.get('/tasks/stream/wrong', (req, res) => {
  void new EventSourceResponse(({ signal }) => {
    const rows = new TransformStream<unknown>()
    const writer = rows.writable.getWriter()
    void db
      .transaction(async (connection) => {
        for (const task of await connection.select().from(tasks).orderBy(asc(tasks.id)))
          await writer.write({ event: 'task', data: task })
        await new Promise((resolve) => signal.addEventListener('abort', resolve)) // "for the next rows"
      })
      .catch(() => {})
    return rows.readable
  }).send(req, res)
})

// What happens from now on, whoever does it; see database/task-events.ts.
app.get('/tasks/changes', (req, res) => {
  void new EventSourceResponse(feed.changes).send(req, res)
})

app.get('/tasks/count', async (_req, res) => {
  const [counted] = await db.select({ tasks: count() }).from(tasks)
  res.json(counted)
})

app.get('/tasks/list', async (req, res) => {
  const { completed, limit } = query.parse(req.query)
  const where = completed === undefined ? undefined : eq(tasks.completed, completed)
  res.json(await db.select().from(tasks).where(where).orderBy(asc(tasks.id)).limit(limit))
})

app.post('/tasks', express.json(), async (req, res) => {
  const { title } = z.object({ title: z.string().trim().min(1).max(200) }).parse(req.body)
  res.status(201).json((await db.insert(tasks).values({ title }).returning())[0])
})

app.patch('/tasks/:id', express.json(), async (req, res) => {
  const change = z.object({ completed: z.boolean() }).parse(req.body)
  const [task] = await db
    .update(tasks)
    .set(change)
    .where(eq(tasks.id, id.parse(req.params.id)))
    .returning()
  if (task === undefined) res.status(404).json({ error: 'There is no such task.' })
  else res.json(task)
})

const invalid: express.ErrorRequestHandler = (error, _req, res, next) => {
  if (error instanceof z.ZodError) res.status(400).json({ error: z.prettifyError(error) })
  else next(error)
}
app.use(invalid)

start(
  app,
  'curl -N $URL/tasks/changes',
  `curl $URL/tasks -H 'content-type: application/json' -d '{"title":"write the docs"}'`,
  `curl -X PATCH $URL/tasks/1 -H 'content-type: application/json' -d '{"completed":true}'`,
  "curl -N '$URL/tasks/stream?completed=true&limit=10'",
  'curl -N $URL/tasks/stream/wrong   # and then, beside it: curl $URL/tasks/count',
).once('close', async () => {
  await feed[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})
