/**
 * A handler with three prices that resumes after an id, as all runners of tests are shown it. What it answers ends by itself, so the tests
 * close no recording: they are run as they stand, also by the oldest Node, which has no `await using`.
 */
export function prices(request) {
  const after = Number(request.headers.get('last-event-id') ?? 0)
  const events = [1, 2, 3]
    .filter((id) => id > after)
    .map((id) => `id: ${id}\nevent: price\ndata: {"value":${id}}\n\n`)
  return new Response(events.join(''), { headers: { 'content-type': 'text/event-stream' } })
}
