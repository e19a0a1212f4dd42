import { type ClientCase, PAUSE } from '../client-case.ts'

export const EVENTS: readonly ClientCase[] = [
  {
    name: 'message-event',
    section: '§9.2.6',
    level: 'must',
    title: 'an event is a MessageEvent of its type, with data, origin and lastEventId and nothing else',
    advice:
      'Events are `MessageEvent`s with type, data, `origin` of the final URL and `lastEventId`, dispatched at the source; they do not bubble and cannot be cancelled.',
    needs: 'interface',
    server: { body: 'event: x\nid: 1\ndata: a\ndata: b\n\n' },
    async run({ open, origin }) {
      const { source } = open('/', { types: ['x'] })
      const event = await new Promise<MessageEvent>((resolve) => source.addEventListener('x', resolve))
      return {
        // Not the global class: a library may have one of its own, by the same interface.
        kind: Object.prototype.toString.call(event),
        isEvent: event instanceof Event,
        type: event.type,
        data: event.data,
        origin: event.origin === origin,
        lastEventId: event.lastEventId,
        source: event.source,
        ports: event.ports.length,
        bubbles: event.bubbles,
        cancelable: event.cancelable,
        target: event.target === source,
      }
    },
    expected: {
      kind: '[object MessageEvent]',
      isEvent: true,
      type: 'x',
      data: 'a\nb',
      origin: true,
      lastEventId: '1',
      source: null,
      ports: 0,
      bubbles: false,
      cancelable: false,
      target: true,
    },
  },
  {
    name: 'event-comes-at-once',
    section: '§9.2.6',
    level: 'must',
    title: 'an event comes as soon as its blank line is there',
    advice: 'The event was held back, or came before its blank line.',
    server: { body: ['data: a\n', PAUSE, '\n', PAUSE, 'data: b\n\n'] },
    async run({ open, release, settle }) {
      const { heard, story } = open()
      await heard('open')
      await settle()
      const stories = [[...story]]
      await release()
      await heard('message a')
      stories.push([...story])
      await release()
      await heard('message b')
      return stories
    },
    expected: [['open'], ['open', 'message a']],
  },
  {
    name: 'cut-event-is-discarded',
    section: '§9.2.6',
    level: 'must',
    title: 'an event that a broken connection cuts off is discarded, and its id with it',
    advice:
      'What was left unfinished by one connection leaked: discard it, with its id, when the connection ends.',
    server: [
      { body: ['retry: 1\nid: 1\ndata: a\n\nid: 2\ndata: lost\n', PAUSE], after: 'reset' },
      { body: '\n\ndata: b\n\n' },
    ],
    async run({ open, elapse, release, requests }) {
      const { heard, events } = open()
      await heard('message a')
      await release()
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message b')
      return [events, (await requests()).map(({ headers }) => headers['last-event-id'] ?? null)]
    },
    expected: [
      [
        { type: 'message', data: 'a', lastEventId: '1' },
        { type: 'message', data: 'b', lastEventId: '1' },
      ],
      [null, '1'],
    ],
  },
  {
    name: 'property-names-as-types',
    section: '§9.2.6',
    level: 'must',
    title: 'names of properties are types like any other',
    advice: 'A type such as `__proto__` or `constructor` got lost: do not keep listeners in a plain object.',
    server: {
      body: ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'close']
        .map((type) => `event: ${type}\ndata: a\n\n`)
        .concat('data: z\n\n'),
    },
    async run({ open }) {
      const { heard, story } = open('/', { types: ['constructor', '__proto__', 'toString', 'close'] })
      await heard('message z')
      return story
    },
    expected: ['open', 'constructor a', '__proto__ a', 'toString a', 'close a', 'message z'],
  },
  {
    name: 'events-named-open-and-error',
    section: '§9.2.6',
    level: 'must',
    title: 'events of the types open and error come as such, and change no state',
    advice:
      'A stream may carry events named `open` and `error`: they are `MessageEvent`s and change no state.',
    needs: 'interface',
    server: { body: 'event: error\ndata: a\n\nevent: open\ndata: b\n\ndata: c\n\n' },
    async run({ open }) {
      const { heard, story, source } = open()
      const handled: string[] = []
      source.onopen = (event) => handled.push(`open ${(event as MessageEvent).data}`)
      source.onerror = (event) => handled.push(`error ${(event as unknown as MessageEvent).data}`)
      await heard('message c')
      return [story, handled, source.readyState]
    },
    expected: [['open', 'error a', 'open b', 'message c'], ['open undefined', 'error a', 'open b'], 1],
  },
  {
    name: 'long-event',
    section: '§9.2.6',
    level: 'good-practice',
    title: 'an event of two megabytes comes whole',
    advice:
      'A long event was lost or changed. The standard has no limit; if there is one, make it an option and tell of it.',
    server: { body: ['data: ', 'x'.repeat(1_048_576), 'x'.repeat(1_048_576), '\n\ndata: end\n\n'] },
    async run({ open }) {
      const { heard, events } = open()
      await heard('message end')
      return events.map(({ data }) => data.length)
    },
    expected: [2_097_152, 3],
  },
]
