import { circuitBreaker, consecutiveFailures, createEventSource, exponentialBackoff } from '@sse/client'
import { scriptedServer } from '@sse/testing/node'
import { expect, test } from 'vitest'
import { describeHappening } from '../src/describe-happening.ts'

test('what fails too often is told with the time of the next attempt, once', async () => {
  await using server = await scriptedServer(() => ({ status: 503 }))
  const source = createEventSource(server.url, {
    backoff: exponentialBackoff({ initialMs: 1, maxMs: 10 }),
    circuitBreaker: circuitBreaker({ trip: consecutiveFailures(2), openMs: 30_000 }),
  })
  const lines: string[] = []
  const suspended = new Promise<void>((resolve) => {
    source.observe((happening) => {
      const line = describeHappening(happening, new URL(server.url))
      if (line !== undefined) lines.push(line)
      if (happening.type === 'state' && happening.state.status === 'suspended') resolve()
    })
  })
  source.on('message', () => {})
  await suspended
  source.close()
  expect(lines).toEqual([
    expect.stringMatching(/503.* Next attempt \(2\) in 0\.0 s\.$/),
    expect.stringMatching(/503.* It failed so often that the next attempt comes in \d\d\.\d s\.$/),
  ])
})
