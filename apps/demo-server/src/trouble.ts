import type { ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { sendInvalid } from './error-responses.ts'

const troubleSchema = z.strictObject({ kind: z.enum(['cut', 'stall']) })

const STALL_MS = 60_000

/**
 * What a network does to streams, on demand: `POST /api/trouble` with `{ kind }`. It only harms those of the address that
 * asks, and tells how many they were.
 */
export class Trouble {
  /** The answers under way, by the address that asked for them. */
  readonly #answers = new Map<string, Set<ServerResponse>>()

  readonly watch: RequestHandler = (request, response, next) => {
    const address = request.ip ?? ''
    const answers = this.#answers.get(address) ?? new Set()
    this.#answers.set(address, answers.add(response))
    response.once('close', () => {
      answers.delete(response)
      if (answers.size === 0) this.#answers.delete(address)
    })
    next()
  }

  readonly make: RequestHandler = (request, response) => {
    const { success, data, error } = troubleSchema.safeParse(request.body)
    if (!success) return sendInvalid(response, 'trouble', error)

    const streams = [...(this.#answers.get(request.ip ?? '') ?? [])].filter(isStream)
    for (const stream of streams) {
      if (data.kind === 'cut') stream.socket?.resetAndDestroy()
      else stall(stream)
    }
    response.json({ kind: data.kind, streams: streams.length })
  }
}

function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream')
}

/** Nothing more is written to its socket for a while, which stays connected. What is meant for it waits in its buffer. */
function stall({ socket }: ServerResponse): void {
  if (socket === null) return
  socket.cork()
  const release = setTimeout(() => socket.uncork(), STALL_MS).unref()
  socket.once('close', () => clearTimeout(release))
}
