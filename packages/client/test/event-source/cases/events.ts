import { type ConformanceCase, PAUSE } from '../conformance-case.ts'

export const EVENTS: readonly ConformanceCase[] = [
  {
    title:
      '§9.2.6: an event is a MessageEvent of its type, with data, origin and lastEventId and nothing else',
    server: { body: 'event: x\nid: 1\ndata: a\ndata: b\n\n' },
    async run({ open, origin }) {
      const { source } = open('/', { types: ['x'] })
      const event = await new Promise<MessageEvent>((resolve) => source.addEventListener('x', resolve))
      return {
        constructor: event.constructor === MessageEvent,
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
      constructor: true,
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
    title: '§9.2.6: an event comes as soon as its blank line is there',
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
    title: '§9.2.6: an event that a broken connection cuts off is discarded, and its id with it',
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
    title: '§9.2.6: names of properties are types like any other',
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
    title: '§9.2.6: events of the types open and error come as such, and change no state',
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
    title: '§9.2.6: an event of two megabytes comes whole',
    server: { body: ['data: ', 'x'.repeat(1_048_576), 'x'.repeat(1_048_576), '\n\ndata: end\n\n'] },
    async run({ open }) {
      const { heard, events } = open()
      await heard('message end')
      return events.map(({ data }) => data.length)
    },
    expected: [2_097_152, 3],
  },
]
