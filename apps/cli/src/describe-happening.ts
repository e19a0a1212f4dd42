import type { Happening } from '@sse/client'

/** What is worth a line, for a person who watches. */
export function describeHappening(happening: Happening, url: URL): string | undefined {
  if (happening.type === 'gap') {
    const { reason, missed, resumedAtId } = happening.gap
    return `gap: ${missed ?? 'some'} events were missed (${reason}); it goes on after ${resumedAtId}`
  }
  if (happening.type === 'dropped') return `dropped: ${happening.reason} ${happening.event.lastEventId}`
  if (happening.type !== 'state') return undefined
  const { state, previous } = happening
  if (state.status === 'open') return `open: ${url.href} ${state.response.headers.get('content-type')}`
  if (state.status === 'waiting')
    return `${state.error.message} Next attempt (${state.attempt}) in ${secondsUntil(state.until)}.`
  // The circuit breaker: there is no other reason in a terminal.
  if (state.status === 'suspended' && state.until !== undefined)
    return `${state.error?.message} It failed so often that the next attempt comes in ${secondsUntil(state.until)}.`
  if (state.status === 'closed' && state.reason === 'done' && previous.status === 'open') return 'complete'
  return undefined
}

function secondsUntil(time: number): string {
  return `${(Math.max(time - Date.now(), 0) / 1000).toFixed(1)} s`
}
