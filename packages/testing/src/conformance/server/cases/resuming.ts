import { failed, passed, skipped } from '../../case-run.ts'
import type { ServerCase } from '../server-case.ts'
import { asBytes, isStream, type Resumption } from '../server-under-test.ts'
import { onStream } from './on-stream.ts'

/** Long, but with the rest of the head below the 8 KiB that most servers take. */
const HUGE_ID = 'x'.repeat(6_000)

/** Ids that no server has given: what clients send is hostile input. */
const STRANGE_IDS: readonly (readonly [name: string, what: string, id: string])[] = [
  ['unknown-id', 'an id that it does not know', 'no-such-id-5c1f'],
  ['huge-id', 'an id of 6,000 characters', HUGE_ID],
  ['non-ascii-id', 'an id in UTF-8', asBytes('é€😀')],
  ['odd-id', 'an id like code', `0' OR 1=1; --\\"{}[]<>%00../`],
]

/** `Last-Event-ID`. */
export const RESUMING: readonly ServerCase[] = [
  onResumption(
    'resume-goes-on',
    'a client that comes back with an id gets the events after it',
    'Events that came while the client was away are lost to it: keep some, look at `Last-Event-ID`, and send those after it.',
    ({ events, missed }) =>
      events.some(({ id }) => id === missed[0]?.id)
        ? undefined
        : `the event ${shownId(missed[0]?.id)} did not come again${events.length === 0 ? ', nor any other' : ''}`,
  ),
  onResumption(
    'resume-in-order',
    'the events after an id come in their order',
    'Replay events in the order in which they were sent, and before those that are new.',
    ({ events, missed }) => {
      const order = missed.map(({ id }) => id)
      const places = events.map(({ id }) => order.indexOf(id)).filter((place) => place >= 0)
      if (places.length === 0) return null
      return places.every(
        (place, index) => index === 0 || place > (places[index - 1] ?? 0) || place === places[index - 1],
      )
        ? undefined
        : `they came as ${events.map(({ id }) => shownId(id)).join(', ')}`
    },
  ),
  onResumption(
    'resume-without-gap',
    'of the events after an id none is missing',
    'Some events were replayed and others not: take replay and live from one log, or remember what was sent in between.',
    ({ events, missed }) => {
      const came = new Set(events.map(({ id }) => id))
      const last = missed.findLastIndex(({ id }) => came.has(id))
      if (last < 0) return null
      const lost = missed.slice(0, last).filter(({ id }) => !came.has(id))
      return lost.length === 0 ? undefined : `missing: ${lost.map(({ id }) => shownId(id)).join(', ')}`
    },
  ),
  onResumption(
    'resume-doubles-nothing',
    'no event comes twice to a client that comes back',
    'An event that the client had already came again: begin with the event after the id in `Last-Event-ID`.',
    ({ events, id }) => {
      const ids = events.map((event) => event.id).filter((each) => each !== undefined && each !== '')
      if (ids.length === 0) return null
      if (ids.includes(id)) return `the event ${shownId(id)}, which the client has, came again`
      const twice = ids.find((each, index) => ids.indexOf(each) !== index)
      return twice === undefined ? undefined : `the event ${shownId(twice)} came twice`
    },
  ),
  ...STRANGE_IDS.map(([name, what, id]) =>
    onStream(
      {
        name,
        section: '§9.2.4',
        level: 'good-practice',
        title: `${what} in Last-Event-ID does no harm`,
        advice:
          'What clients send is hostile input: answer with a stream, or refuse with a status below 500, and go on serving the others.',
      },
      async (_, server) => {
        using exchange = server.open({ headers: { 'last-event-id': id } })
        const { status } = await exchange.awaitHead(server.settings.timeoutMs)
        if (status >= 500) return failed(`status ${status}`)
        using after = server.open()
        const next = await after.awaitHead(server.settings.timeoutMs)
        return isStream(next) ? passed : failed(`the next client got status ${next.status}`)
      },
    ),
  ),
]

/** `null`: it cannot be judged. A text: what is wrong. */
function onResumption(
  name: string,
  title: string,
  advice: string,
  judge: (resumption: Resumption) => string | null | undefined,
): ServerCase {
  return onStream({ name, section: '§9.2.4', level: 'good-practice', title, advice }, async (_, server) => {
    const resumption = await server.resume()
    if (typeof resumption === 'string') return skipped(resumption)
    if (!isStream(resumption.head)) return failed(`status ${resumption.head.status}`)
    const wrong = judge(resumption)
    if (wrong === null) return skipped('no event that was seen before came again')
    return wrong === undefined ? passed : failed(wrong)
  })
}

function shownId(id: string | undefined): string {
  const text = JSON.stringify(id ?? '')
  return text.length > 40 ? `${text.slice(0, 40)}…"` : text
}
