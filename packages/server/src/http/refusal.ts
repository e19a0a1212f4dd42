import { EVENT_STREAM_MEDIA_TYPE } from '@sse/core'
import { type RequestHeaders, readHeader } from './request-headers.ts'

/** An answer that is no stream: what is sent instead, and why. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** One sentence for whoever looks at the response. */
  readonly message: string
}

/** What of a request decides whether it can be answered with an event stream. */
export interface StreamRequest {
  readonly method?: string | undefined
  readonly headers: RequestHeaders
}

/** A refusal for a method or an `Accept` that rules an event stream out; `undefined` if nothing does. */
export function refuseRequest(request: StreamRequest, methods: readonly string[]): Refusal | undefined {
  const { method = 'GET' } = request
  if (!methods.includes(method)) {
    return {
      status: 405,
      headers: { allow: methods.join(', ') },
      message: `This event stream cannot be asked for by ${method}. Use ${methods.join(' or ')}.`,
    }
  }
  const accept = readHeader(request.headers, 'accept')
  if (accept !== undefined && !acceptsEventStream(accept)) {
    return {
      status: 406,
      headers: { vary: 'accept' },
      message: `This is an event stream, but the request accepts only ${accept.slice(0, 100)}. Add ${EVENT_STREAM_MEDIA_TYPE} to Accept.`,
    }
  }
  return undefined
}

/** Whether an `Accept` value lets an event stream through: the most specific range that matches decides (RFC 9110 §12.5.1). */
export function acceptsEventStream(accept: string): boolean {
  let best = { specificity: -1, quality: 0 }
  for (const item of accept.split(',')) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    const specificity = [`*/*`, 'text/*', EVENT_STREAM_MEDIA_TYPE].indexOf(range)
    if (specificity > best.specificity) best = { specificity, quality: quality(parameters) }
  }
  // An empty value names nothing that would be refused.
  return accept.trim() === '' || (best.specificity >= 0 && best.quality > 0)
}

function quality(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  if (q === undefined) return 1
  const value = Number.parseFloat(q.slice(2))
  // A weight that is none does not take the range away: be liberal, as servers are.
  return Number.isNaN(value) ? 1 : value
}
