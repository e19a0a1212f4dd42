import { isEventStreamMediaType } from '@sse/core'
import { type ClientErrorCode, ConnectionError, type ResponseHead } from '../errors.ts'

/** Why a response is no event stream; `undefined` if it is one (WHATWG HTML §9.2.3, "process a response"). */
export function validateResponse(response: ResponseHead): ConnectionError | undefined {
  const refusal = (code: ClientErrorCode, message: string): ConnectionError =>
    new ConnectionError(code, message, { response })
  const { status } = response
  if (status === 204) {
    return refusal('no-content', 'The server says by status 204 that there is nothing more to come.')
  }
  if (status !== 200) {
    return refusal('refused', `The server answered with status ${status} instead of an event stream.`)
  }
  const type = response.headers.get('content-type')
  if (isEventStreamMediaType(type)) return undefined
  return refusal(
    'not-an-event-stream',
    `The response has the content type ${JSON.stringify(type)}, not text/event-stream. Is the URL right?`,
  )
}
