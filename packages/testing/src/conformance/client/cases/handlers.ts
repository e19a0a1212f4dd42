import type { ClientCase } from '../client-case.ts'

const one = { body: 'data: a\n\n' } as const

export const HANDLERS: readonly ClientCase[] = [
  {
    name: 'handler-attributes',
    section: '§9.2.2',
    level: 'must',
    title: 'event handlers are null until they are set, and give back what was set',
    advice:
      '`onopen`, `onmessage` and `onerror` are event handler attributes: null, or the function that was set.',
    needs: 'interface',
    run({ EventSource, origin }) {
      const source = new EventSource(origin)
      source.close()
      const handler = (): void => {}
      const seen: unknown[] = []
      for (const name of ['onopen', 'onmessage', 'onerror'] as const) {
        seen.push(name in source, source[name])
        source[name] = handler
        seen.push(source[name] === handler)
        source[name] = 'no function' as never
        seen.push(source[name])
        source[name] = handler
        source[name] = null
        seen.push(source[name])
      }
      return seen
    },
    expected: [true, null, true, null, null, true, null, true, null, null, true, null, true, null, null],
  },
  {
    name: 'handlers-are-called',
    section: '§9.2.2',
    level: 'must',
    title: 'onopen, onmessage and onerror are called with the event, and this is the source',
    advice: 'Call handlers as listeners: through dispatch, with `this`, `target` and `currentTarget`.',
    needs: 'interface',
    server: [{ body: 'data: a\n\n', after: 'end' }],
    async run({ EventSource, origin }) {
      // Not `open`: Node 24 tells the second listener of an event no `currentTarget`.
      const source = new EventSource(origin)
      const told: unknown[] = []
      function handler(this: unknown, event: Event): void {
        told.push([event.type, this === source, event.target === source, event.currentTarget === source])
      }
      source.onopen = handler
      source.onmessage = handler
      source.onerror = handler
      await new Promise((resolve) => source.addEventListener('error', resolve))
      source.close()
      return told
    },
    expected: ['open', 'message', 'error'].map((type) => [type, true, true, true]),
  },
  {
    name: 'onmessage-is-for-message',
    section: '§9.2.2',
    level: 'must',
    title: 'onmessage is for events of the type message alone',
    advice: '`onmessage` must not be called for events with another type.',
    needs: 'interface',
    server: {
      body: 'event: x\ndata: a\n\nevent: message\ndata: b\n\nevent: Message\ndata: c\n\ndata: d\n\n',
    },
    async run({ open }) {
      const { heard, source } = open()
      const told: string[] = []
      source.onmessage = ({ data }) => told.push(data)
      await heard('message d')
      return told
    },
    expected: ['b', 'd'],
  },
  {
    name: 'handler-keeps-place',
    section: 'HTML §8.1.8.1',
    level: 'must',
    title: 'an event handler keeps its place among the listeners when it is replaced',
    advice: 'A handler is one listener, added when it is first set: replacing it must not move it.',
    needs: 'interface',
    server: one,
    async run({ open }) {
      const { heard, source } = open()
      const told: string[] = []
      source.onmessage = () => told.push('first')
      source.addEventListener('message', () => told.push('listener'))
      source.onmessage = () => told.push('second')
      await heard('message a')
      return told
    },
    expected: ['second', 'listener'],
  },
  {
    name: 'handler-after-null',
    section: 'HTML §8.1.8.1',
    level: 'must',
    title: 'an event handler that was null comes after the listeners that were there before',
    advice: 'A handler that was set to null is deactivated, and goes to the end when it is set anew.',
    needs: 'interface',
    server: one,
    async run({ open }) {
      const { heard, source } = open()
      const told: string[] = []
      source.onmessage = () => told.push('first')
      source.addEventListener('message', () => told.push('listener'))
      source.onmessage = null
      source.onmessage = () => told.push('second')
      await new Promise((resolve) => source.addEventListener('message', resolve))
      await heard('message a')
      return told
    },
    expected: ['listener', 'second'],
  },
  {
    name: 'handler-null',
    section: 'HTML §8.1.8.1',
    level: 'must',
    title: 'an event handler set to null, or to no function, is called no more',
    advice: 'Setting a handler to null, or to anything that is no function, takes it off.',
    needs: 'interface',
    server: { body: 'data: a\n\ndata: b\n\n' },
    async run({ open }) {
      const { heard, source } = open()
      const told: string[] = []
      source.onopen = () => told.push('open')
      source.onopen = undefined as never
      source.onmessage = ({ data }) => {
        told.push(data)
        source.onmessage = null
      }
      await heard('message b')
      return told
    },
    expected: ['a'],
  },
  {
    name: 'listener-options',
    section: '§9.2.2',
    level: 'must',
    title: 'listeners are those of any EventTarget: objects, once, and taken off again',
    advice:
      '`addEventListener` is that of `EventTarget`: objects with `handleEvent`, `once`, `signal`, and `removeEventListener`.',
    needs: 'interface',
    server: { body: 'data: a\n\ndata: b\n\ndata: c\n\n' },
    async run({ open }) {
      const { heard, source } = open()
      const told: string[] = []
      const object = { handleEvent: (event: Event) => told.push(`object ${(event as MessageEvent).data}`) }
      const removed = ({ data }: MessageEvent): void => {
        told.push(`removed ${data}`)
        source.removeEventListener('message', removed)
      }
      const controller = new AbortController()
      source.addEventListener('message', object as never)
      source.addEventListener('message', ({ data }) => told.push(`once ${data}`), { once: true })
      source.addEventListener('message', removed)
      source.addEventListener('message', () => controller.abort(), { signal: controller.signal })
      source.addEventListener('message', ({ data }) => told.push(`signal ${data}`), {
        signal: controller.signal,
      })
      await heard('message c')
      return told
    },
    expected: ['object a', 'once a', 'removed a', 'object b', 'object c'],
  },
  {
    name: 'dispatch-by-program',
    section: '§9.2.2',
    level: 'must',
    title: 'a program may dispatch events at it, too',
    advice: '`dispatchEvent` is public, and handlers hear what a program dispatches.',
    needs: 'interface',
    run({ EventSource, origin }) {
      const source = new EventSource(origin)
      source.close()
      const told: unknown[] = []
      source.onmessage = ({ data }) => told.push(data)
      source.dispatchEvent(new MessageEvent('message', { data: 'own' }))
      return told
    },
    expected: ['own'],
  },
  {
    name: 'throwing-listener',
    section: '§9.2.6',
    level: 'must',
    title:
      'a listener that throws is reported, and costs neither the other listeners, nor the events, nor the connection',
    advice:
      'A throwing listener must be reported as an uncaught exception and nothing more: it is no network error.',
    needs: 'reports',
    server: { body: 'retry: 1\ndata: a\n\ndata: b\n\n' },
    async run({ open, reported, requests, elapse, settle }) {
      const { source, heard, story } = open()
      source.onmessage = ({ data }) => {
        throw new Error(`thrown at ${data}`)
      }
      await heard('message b')
      await elapse(10)
      await settle()
      return [story, [...reported], source.readyState, (await requests()).length]
    },
    expected: [['open', 'message a', 'message b'], ['thrown at a', 'thrown at b'], 1, 1],
  },
  {
    name: 'throwing-open-and-error',
    section: '§9.2.3',
    level: 'must',
    title: 'listeners of open and error that throw are reported, and it goes on',
    advice:
      'A throwing listener of `open` or `error` must be reported as an uncaught exception; the connection goes on.',
    needs: 'reports',
    server: [{ body: 'retry: 1\n\n', after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, reported, elapse, settle }) {
      const { source, heard, story } = open()
      source.onopen = () => {
        throw new Error('open')
      }
      source.onerror = () => {
        throw new Error('error')
      }
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message a')
      await settle()
      return [story, [...reported]]
    },
    expected: [
      ['open', 'error CONNECTING', 'open', 'message a'],
      ['open', 'error', 'open'],
    ],
  },
  {
    name: 'task-per-event',
    section: '§9.2.6',
    level: 'must',
    title: 'what a listener awaits goes on before the next event',
    advice:
      'Each event is dispatched in a task of its own, so that what a listener awaits is done before the next event.',
    needs: 'interface',
    server: { body: 'data: a\n\ndata: b\n\n' },
    async run({ open }) {
      const { source, heard } = open()
      const told: string[] = []
      source.onmessage = async ({ data }) => {
        told.push(data)
        await null
        told.push(`after ${data}`)
      }
      await heard('message b')
      return told
    },
    expected: ['a', 'after a', 'b', 'after b'],
  },
]
