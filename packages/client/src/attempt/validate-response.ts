import { isEventStreamMediaType } from '@sse/core'
import { ConnectionError, type ResponseHead } from '../errors.ts'

/** Why a response is no event stream; `undefined` if it is one (WHATWG HTML §9.2.3, "process a response"). */
export function validateResponse(head: ResponseHead): ConnectionError | undefined {
  const { status, headers } = head
  if (status === 204) {
    return new ConnectionError(
      'no-content',
      'The server says by status 204 that there is nothing more to come.',
      {
        response: head,
      },
    )
  }
  if (status !== 200) {
    return new ConnectionError(
      'refused',
      `The server answered with status ${status} instead of an event stream.`,
      {
        response: head,
      },
    )
  }
  const type = headers.get('content-type')
  if (isEventStreamMediaType(type)) return undefined
  return new ConnectionError(
    'not-an-event-stream',
    `The response has the content type ${JSON.stringify(type)}, not text/event-stream. Is the URL right?`,
    { response: head },
  )
}
