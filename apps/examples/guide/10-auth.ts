// 10 · Authentication: a token that is checked before the stream begins, and a stream for each user alone.
//
// The browser's EventSource cannot send headers; `@sse/client` can, and asks for the token anew at each attempt, so that a
// stream that reconnects after an hour does not come back with a token that has expired.
import { randomBytes } from 'node:crypto'
import { Channel, EventSourceResponse } from '@sse/server'
import express, { type Request } from 'express'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { start } from '../start.ts'

const SECRET = randomBytes(32) // in production: from the environment, the same for all processes
const EXPIRES_IN = process.env['EXPIRES_IN'] ?? '15 minutes'

const app = express()
// One channel, and each event has a topic for whom it is meant: a reader gets those of its topics, and no other.
const channel = new Channel()

app.post('/login', express.json(), async (req, res) => {
  const login = z
    .strictObject({ user: z.string().regex(/^[a-z]{1,20}$/), password: z.literal('secret') })
    .safeParse(req.body)
  if (!login.success) {
    res.status(401).json({ error: 'Unknown user or wrong password.' })
    return
  }
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(login.data.user)
    .setExpirationTime(EXPIRES_IN)
    .sign(SECRET)
  res.json({ token })
})

app.get('/inbox', async (req, res) => {
  const session = await sessionOf(req)
  if (session === undefined) {
    // A 401 ends a client's attempts, or makes it renew its token: see `onUnauthorized` of @sse/client.
    res.status(401).setHeader('www-authenticate', 'Bearer').json({ error: 'Log in first.' })
    return
  }
  // A stream may live longer than its token: it ends with it, and the client comes back with a new one.
  const restMs = Math.max(session.expiresAt - Date.now(), 1)
  void new EventSourceResponse(channel.subscription({ topics: [session.user, 'everyone'] }), {
    maxDurationMs: restMs,
  }).send(req, res)
})

app.post('/notify', express.json(), async (req, res) => {
  const session = await sessionOf(req)
  const note = z.strictObject({ to: z.string(), text: z.string().max(2_000) }).safeParse(req.body)
  if (session === undefined || !note.success) {
    res.status(session === undefined ? 401 : 400).json({ error: 'Log in, then send { to, text }.' })
    return
  }
  const { to, text } = note.data
  const id = channel.publish('note', { from: session.user, text }, { topics: [to] })
  res.status(202).json({ id })
})

async function sessionOf(req: Request): Promise<{ user: string; expiresAt: number } | undefined> {
  const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? []
  try {
    const { payload } = await jwtVerify(token, SECRET, {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
    })
    return { user: String(payload.sub), expiresAt: Number(payload.exp) * 1000 }
  } catch {
    return undefined
  }
}

start(
  app,
  `TOKEN=$(curl -s $URL/login -H 'content-type: application/json' -d '{"user":"ada","password":"secret"}' | sed 's/.*:"\\(.*\\)"}/\\1/')`,
  'curl -N $URL/inbox -H "authorization: Bearer $TOKEN"',
  `curl $URL/notify -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{"to":"ada","text":"note to self"}'`,
)
