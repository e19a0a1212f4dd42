import { CLIENT_CASES } from './cases/index.ts'
import type { OpenOptions, Places, SeenRequest } from './client-case.ts'
import type { EventSourceClass } from './event-source-like.ts'
import { tellStory } from './tell-story.ts'

/** What {@link inPages} calls, and what it offers, in a page. */
export const PAGE_NAMES = {
  play: '__conformancePlay',
  requests: '__conformanceRequests',
  connections: '__conformanceConnections',
  release: '__conformanceRelease',
} as const

/** Bytes go from a page to the server and back, and the answers of the server's tell-tales with them. */
const SETTLE_MS = 60

/** What a test offers to its page. */
interface PageGlobals {
  readonly [PAGE_NAMES.requests]: () => Promise<readonly SeenRequest[]>
  readonly [PAGE_NAMES.connections]: (most: number, timeoutMs: number) => Promise<number>
  readonly [PAGE_NAMES.release]: () => Promise<void>
}

export interface PageCall {
  readonly name: string
  readonly subject: string
  readonly places: Places
  readonly timeoutMs: number
}

/**
 * For the script of a page, which {@link inPages} opens: offers the classes that it may try, each by its name.
 *
 * ```ts
 * offerToConformance({ ours: EventSource, "the browser's own": globalThis.EventSource })
 * ```
 */
export function offerToConformance(subjects: Readonly<Record<string, unknown>>): void {
  const reported: string[] = []
  ;(globalThis as unknown as EventTarget).addEventListener('error', (event) => {
    const { error } = event as Event & { error?: Error }
    if (error === undefined) return
    reported.push(error.message)
    event.preventDefault()
  })
  Object.assign(globalThis, { [PAGE_NAMES.play]: (call: PageCall) => play(subjects, reported, call) })
}

async function play(
  subjects: Readonly<Record<string, unknown>>,
  reported: readonly string[],
  { name, subject, places, timeoutMs }: PageCall,
): Promise<unknown> {
  const chosen = CLIENT_CASES.find((each) => each.name === name)
  if (chosen === undefined)
    throw new Error(`There is no case "${name}" in this page: bundle its script anew.`)
  const EventSource = subjects[subject] as EventSourceClass | undefined
  if (EventSource === undefined)
    throw new Error(`The script of the page offers no class by the name "${subject}".`)
  const test = globalThis as unknown as PageGlobals
  const requests = test[PAGE_NAMES.requests]
  return chosen.run({
    ...places,
    EventSource,
    reported,
    open: (path = '/', { types = [], ...init }: OpenOptions = {}) =>
      tellStory(new EventSource(new URL(path, places.origin), init), types, timeoutMs),
    requests: async () => (await requests()).filter(({ method }) => method !== 'OPTIONS'),
    preflights: async () => (await requests()).filter(({ method }) => method === 'OPTIONS'),
    connections: (most) => test[PAGE_NAMES.connections](most, timeoutMs),
    release: test[PAGE_NAMES.release],
    // Browsers have no clock to wind.
    ownClock: false,
    elapse: (ms) => sleep(ms + SETTLE_MS / 2),
    skip: async () => {},
    settle: () => sleep(SETTLE_MS),
  })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}
