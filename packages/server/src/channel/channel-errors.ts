import type { SseError } from '@sse/core'
import { type ServerErrorCode, serverError } from '../errors.ts'

export function notAnEventMap(): SseError<ServerErrorCode> {
  return serverError(
    'invalid-option',
    'The first argument of a Channel is an event map, defineEvents({ … }), or undefined for events of any name and data; options are the second: new Channel(undefined, { retention }).',
    { field: 'events' },
  )
}

export function reservedEvent(): SseError<ServerErrorCode> {
  return serverError(
    'reserved-event',
    "'gap' is the event by which a channel tells a reader that it missed something. Give your event another name.",
    { field: 'event' },
  )
}

export function compactedBroker(): SseError<ServerErrorCode> {
  return serverError(
    'invalid-option',
    'compactBy does not go with a broker: no process has seen all events, so none knows the latest of each key. Let lagPolicy supply a snapshot.',
    { field: 'compactBy' },
  )
}

export function brokersId(): SseError<ServerErrorCode> {
  return serverError(
    'reserved-id',
    'The broker gives the events of this channel their ids. Leave id out; to publish an event once however often you try, pass dedupeKey.',
    { field: 'id' },
  )
}

export function reservedId(id: string): SseError<ServerErrorCode> {
  return serverError(
    'reserved-id',
    id === ''
      ? 'An event of a channel needs an id, so its id must not be empty. Leave id out, and the channel makes one.'
      : `The id ${JSON.stringify(id)} has the form of the ids that a channel makes itself. Leave id out, or give it another form.`,
    { field: 'id' },
  )
}

export function duplicateId(id: string): SseError<ServerErrorCode> {
  return serverError(
    'duplicate-id',
    `The channel has an event with the id ${JSON.stringify(id)} already, so a reader could not resume from it. Was it published twice?`,
    { field: 'id' },
  )
}
