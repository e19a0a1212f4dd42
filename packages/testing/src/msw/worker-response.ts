/**
 * What a service worker can do for an `EventSource` whose connection is to break: end its body.
 *
 * Chromium gives an `EventSource` up for good when the body that a service worker gave it fails, although the specification has it
 * reconnect (WHATWG HTML §9.2.3). The end of the body makes it reconnect, as a connection that breaks does.
 */
export function endInsteadOfBreaking(response: Response): Response {
  if (response.body === null) return response
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch {
        controller.close()
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return new Response(body, { status: response.status, headers: response.headers })
}

/** Whether an `EventSource` asks, as far as one can tell: it wants an event stream, and forbids every cache (§9.2.2). */
export function isFromEventSource({ headers, cache }: Request): boolean {
  return headers.get('accept') === 'text/event-stream' && cache === 'no-store'
}
