import { EVENT_STREAM_MEDIA_TYPE } from './media-type.ts'

/** The headers of every event stream response, by lower-case name. */
export const EVENT_STREAM_HEADERS: {
  readonly 'content-type': string
  readonly 'cache-control': string
  readonly 'x-accel-buffering': string
} = {
  'content-type': `${EVENT_STREAM_MEDIA_TYPE}; charset=utf-8`,
  // no-transform keeps proxies from compressing the stream, which would hold events back until a block is full.
  'cache-control': 'no-store, no-transform',
  // nginx and those who follow it pass the response on as it comes.
  'x-accel-buffering': 'no',
}

/** The request header with which a client goes on after the event it read last (WHATWG HTML §9.2.4). */
export const LAST_EVENT_ID_HEADER = 'last-event-id'
