import { isSseError } from '@sse/core'
import type { ServerErrorCode } from '@sse/server'
import type { RequestHandler, Response } from 'express'
import { z } from 'zod'
import { CHANNEL_NAME, type Channels } from './channels.ts'
import { sendError, sendInvalid } from './error-responses.ts'

const broadcastSchema = z.strictObject({
  message: z.string().min(1, 'Write something').max(4_000),
  channel: z
    .string()
    .regex(CHANNEL_NAME, 'Use 1 to 64 of a–z, 0–9, - and _, a letter or digit first')
    .default('main'),
  event: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/, 'Use 1 to 64 letters, digits, dots, - and _, a letter first')
    .refine((name) => name !== 'gap', 'This name is reserved: channels use it to tell what a reader missed')
    .default('broadcast'),
})

/** `POST /api/broadcast`: publishes to everyone on a channel. Answers when the event has its id. */
export function broadcast(channels: Channels): RequestHandler {
  return async (request, response) => {
    if (!request.is('application/json')) {
      sendError(response, 415, {
        code: 'not-json',
        message: 'Send JSON, with content-type: application/json.',
      })
      return
    }
    const { success, data, error } = broadcastSchema.safeParse(request.body)
    if (!success) return sendInvalid(response, 'broadcast', error)

    const channel = channels.get(data.channel)
    if (channel === undefined) {
      sendError(response, 503, {
        code: 'too-many-channels',
        message: 'There are too many channels in use. Use another one.',
      })
      return
    }
    try {
      const id = await channel.publish(data.event, { message: data.message, at: new Date().toISOString() })
      response
        .status(202)
        .json({ id, channel: data.channel, event: data.event, subscribers: channel.subscribers })
    } catch (error) {
      sendOutage(response, error)
    }
  }
}

/** The broker is away: it says whether the event may have been published. */
function sendOutage(response: Response, error: unknown): void {
  const unavailable = isSseError<ServerErrorCode>(error, 'broker-unavailable')
  if (!unavailable && !isSseError<ServerErrorCode>(error, 'publish-unknown')) throw error
  response.setHeader('retry-after', '5')
  sendError(response, unavailable ? 503 : 504, { code: error.code, message: error.message })
}
