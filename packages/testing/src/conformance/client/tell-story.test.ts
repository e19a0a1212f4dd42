import { expect, it } from 'vitest'
import { CaseServer } from './case-server.ts'
import type { EventSourceLike } from './event-source-like.ts'
import { tellStory } from './tell-story.ts'

it('waits until an entry was told as often as that, and says what came where it was not', async () => {
  const source = new EventTarget() as EventSourceLike
  const { heard } = tellStory(source, [], 50)
  source.dispatchEvent(new MessageEvent('message', { data: 'a' }))
  await heard('message a')
  await expect(heard('message a', 2)).rejects.toThrow(
    '2 × "message a" did not come in 50 ms. What came: message a',
  )
})

it('is answered by a server with one answer after the other, and then with 204', async () => {
  await using server = await CaseServer.start([{ status: 200, after: 'end' }])
  const statuses = [await fetch(server.places.origin), await fetch(server.places.origin)].map(
    ({ status }) => status,
  )
  expect(statuses).toEqual([200, 204])
})
