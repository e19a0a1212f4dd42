import type { Happening } from '../../src/happening.ts'
import { createSharedEventSource, type SharedEventSource } from '../../src/shared/index.ts'

/** What a page has seen. */
export interface Seen {
  readonly counts: number[]
  readonly gaps: { reason: string; missed: number | null }[]
  readonly modes: string[]
  readonly dropped: number
  readonly mode: string
  readonly status: string
}

const counts: number[] = []
const gaps: Seen['gaps'] = []
const modes: string[] = []
let dropped = 0
let source: SharedEventSource | undefined

function observe(happening: Happening): void {
  if (happening.type === 'mode') modes.push(happening.mode)
  if (happening.type === 'dropped') dropped++
}

async function join(path: string, options: object = {}): Promise<void> {
  source = createSharedEventSource(path, options)
  source.observe(observe)
  source.on('count', (count) => void counts.push(Number(count)))
  source.on('gap', (gap) => void gaps.push(gap))
  await source.ready()
}

/** Takes events one by one, slowly, until told to go on. */
async function joinSlowly(path: string, options: object = {}): Promise<void> {
  source = createSharedEventSource(path, options)
  source.observe(observe)
  const release = Promise.withResolvers<void>()
  Object.assign(globalThis, { release: release.resolve })
  const iterator = source[Symbol.asyncIterator]()
  const read = async (): Promise<void> => {
    for await (const { type, data } of iterator) {
      if (type === 'gap') gaps.push(JSON.parse(data))
      else counts.push(Number(data))
      await release.promise
    }
  }
  void read()
  await source.ready()
}

function seen(): Seen {
  return {
    counts,
    gaps,
    modes,
    dropped,
    mode: source?.mode ?? '',
    status: source?.state.status ?? '',
  }
}

interface SynchronousRequest {
  open(method: string, url: string, isAsync: boolean): void
  send(): void
}

declare const XMLHttpRequest: new () => SynchronousRequest

/** The page does nothing else, as one that is frozen, until the server releases it. */
function block(): void {
  const request = new XMLHttpRequest()
  request.open('GET', '/held', false)
  request.send()
}

declare const document: EventTarget

/** What the browser tells of it. */
function tellPage(type: string): void {
  document.dispatchEvent(new Event(type))
}

Object.assign(globalThis, { join, joinSlowly, seen, block, tellPage, leave: () => source?.close() })
