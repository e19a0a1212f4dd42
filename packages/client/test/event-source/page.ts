import { EventSource as Ours } from '@sse/client'
import { CASES } from './cases/index.ts'
import type { OpenOptions, Places, SeenRequest, Subject, World } from './conformance-case.ts'
import { record } from './recording.ts'

/** What the test offers to its page. */
declare const requests: () => Promise<readonly SeenRequest[]>
declare const connections: () => Promise<number>
declare const release: () => Promise<void>

const reported: string[] = []
;(globalThis as unknown as EventTarget).addEventListener('error', (event) => {
  const { error } = event as Event & { error?: Error }
  if (error === undefined) return
  reported.push(error.message)
  event.preventDefault()
})

/** Runs one case in the page, on one of the two. */
async function play(title: string, subject: Subject, places: Places): Promise<unknown> {
  const chosen = CASES.find((each) => each.title === title)
  if (chosen === undefined) throw new Error(`There is no case "${title}".`)
  const own = subject === "Chromium's own"
  const { EventSource } = (own ? globalThis : { EventSource: Ours }) as unknown as Pick<World, 'EventSource'>
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  return chosen.run({
    ...places,
    EventSource,
    reported,
    open: (path = '/', { types, ...init }: OpenOptions = {}) =>
      record(new EventSource(new URL(path, places.origin), init), types),
    requests: async () => (await requests()).filter(({ method }) => method !== 'OPTIONS'),
    preflights: async () => (await requests()).filter(({ method }) => method === 'OPTIONS'),
    connections,
    release,
    // Browsers have no clock to wind.
    elapse: (ms) => sleep(ms + 30),
    skip: async () => {},
    settle: () => sleep(60),
  })
}

Object.assign(globalThis, { play })
