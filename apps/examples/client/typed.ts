import { circuitBreaker, consecutiveFailures, createEventSource, exponentialBackoff } from '@sse/client'
import { defineEvents } from '@sse/core'
import { z } from 'zod'

const ticks = createEventSource('http://localhost:3000', {
  events: defineEvents({ tick: z.object({ at: z.number() }) }),
  headers: async () => ({ authorization: `Bearer ${await currentToken()}` }), // asked anew for each attempt
  onUnauthorized: () => renewToken(), // after a 401 or 403; the position is kept
  backoff: exponentialBackoff({ initialMs: 500, maxMs: 20_000 }),
  circuitBreaker: circuitBreaker({ trip: consecutiveFailures(5), openMs: 30_000 }),
})
ticks.observe((happening) => {
  if (happening.type === 'state') console.log(String(ticks))
})

for await (const event of ticks) {
  if (event.type === 'gap') console.log('load everything again, then go on')
  else if (event.data.at > 0) break // a number: it was validated; leaving the loop closes the source
}

async function currentToken(): Promise<string> {
  return 'secret'
}

async function renewToken(): Promise<boolean> {
  return true
}
