// 09 · Chat: rooms, people who join and leave, a history, and a list of who is there.
//
// A room is a channel, so the history is what the channel retains, and a phone that lost its network for a minute reads
// what was said meanwhile. Rooms are made when somebody enters, and go when they are empty and quiet.
import { defineEvents } from '@sse/core'
import { Channel, ChannelRegistry, EventSourceResponse } from '@sse/server'
import express from 'express'
import { z } from 'zod'
import { start } from '../start.ts'

const name = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N} _-]{1,32}$/u, 'Use 1 to 32 letters, digits, spaces, - and _.')

const chatEvents = defineEvents({
  joined: z.object({ user: name, users: z.array(name) }),
  left: z.object({ user: name, users: z.array(name) }),
  said: z.object({ user: name, text: z.string().min(1).max(2_000), at: z.iso.datetime() }),
})

/** Who is in a room: a user may have several tabs open, and has left with the last of them. */
class Room {
  readonly channel: Channel<typeof chatEvents.schemas>
  readonly #tabs = new Map<string, number>()

  constructor(channel: Channel<typeof chatEvents.schemas>) {
    this.channel = channel
  }

  get users(): string[] {
    return [...this.#tabs.keys()].sort()
  }

  enter(user: string): void {
    const tabs = this.#tabs.get(user) ?? 0
    this.#tabs.set(user, tabs + 1)
    if (tabs === 0) this.channel.publish('joined', { user, users: this.users })
  }

  leave(user: string): void {
    const tabs = this.#tabs.get(user) ?? 1
    if (tabs > 1) {
      this.#tabs.set(user, tabs - 1)
      return
    }
    this.#tabs.delete(user)
    this.channel.publish('left', { user, users: this.users })
  }
}

const channels = new ChannelRegistry(() => new Channel(chatEvents, { retention: { events: 200 } }), {
  max: 1_000,
})
const rooms = new WeakMap<Channel<typeof chatEvents.schemas>, Room>()

function roomOf(title: string): Room {
  const channel = channels.get(title)
  const room = rooms.get(channel) ?? new Room(channel)
  rooms.set(channel, room)
  return room
}

const app = express()
app.param('room', (_req, res, next, room: string) => {
  if (name.safeParse(room).success) next()
  else res.status(400).json({ error: 'No room can have this name.' })
})

app.get('/rooms/:room', (req, res) => {
  const user = name.safeParse(req.query['user'])
  if (!user.success) {
    res.status(400).json({ error: 'Say who you are: ?user=…' })
    return
  }
  const room = roomOf(req.params.room)
  room.enter(user.data)
  // Whoever is new begins with the history; whoever comes back goes on where they were.
  void new EventSourceResponse(room.channel.subscription({ start: 'earliest' }), {
    retryMs: 1_000,
    onClose: () => room.leave(user.data),
  }).send(req, res)
})

app.post('/rooms/:room', express.json({ limit: '8kb' }), (req, res) => {
  const said = z.strictObject({ user: name, text: z.string().trim().min(1).max(2_000) }).safeParse(req.body)
  if (!said.success) {
    res.status(400).json({ error: z.prettifyError(said.error) })
    return
  }
  const id = roomOf(req.params.room).channel.publish('said', { ...said.data, at: new Date().toISOString() })
  res.status(202).json({ id })
})

app.get('/rooms/:room/users', (req, res) => {
  res.json(roomOf(req.params.room).users)
})

start(
  app,
  `curl -N '$URL/rooms/lobby?user=ada'`,
  `curl $URL/rooms/lobby -H 'content-type: application/json' -d '{"user":"grace","text":"Hello, Ada"}'`,
  'curl $URL/rooms/lobby/users',
)
