import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDemo, type Demo } from '../src/demo.ts'
import { listen } from '../src/listen.ts'

/** One request of the file, as the REST clients of editors read it. */
interface WrittenRequest {
  readonly title: string
  readonly status: number
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

const text = readFileSync(new URL('../requests.http', import.meta.url), 'utf8')
const [head = '', ...blocks] = text.split(/^###/m)
const written = blocks.map(parse)

function parse(block: string): WrittenRequest {
  const [firstLines = '', ...rest] = block.trim().split('\n\n')
  const [title = '', requestLine = '', ...headerLines] = firstLines.split('\n')
  const [method = '', target = ''] = requestLine.split(' ')
  return {
    title,
    status: Number(/\((\d{3})\)$/.exec(title)?.[1]),
    method,
    target,
    headers: Object.fromEntries(headerLines.map((line) => line.split(': ', 2))),
    body: rest.length === 0 ? undefined : rest.join('\n\n'),
  }
}

describe('requests.http', () => {
  let demo: Demo
  let url: string
  beforeAll(async () => {
    demo = createDemo({ corsOrigin: '*' })
    url = `http://localhost:${await listen(demo.server, { host: '127.0.0.1', port: 0 })}`
  })
  afterAll(() => demo.close())

  test.each(written)('$title', async ({ status, method, target, headers, body }) => {
    const response = await fetch(target.replace('{{url}}', url), { method, headers, body: body ?? null })
    // A stream would go on.
    await response.body?.cancel()
    expect(response.status).toBe(status)
    if (headers['Accept'] !== undefined)
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  })

  test('has the address at which `npm start` serves', () => {
    expect(head).toContain('@url = http://localhost:8000\n')
  })

  test('leaves no route out', () => {
    const code = readFileSync(new URL('../src/demo.ts', import.meta.url), 'utf8')
    const routes = [...code.matchAll(/app\.(get|post|put|patch|delete)\('([^']+)'/g)].map(
      ([, method = '', path = '']) => ({ method: method.toUpperCase(), path }),
    )
    expect(routes.length).toBeGreaterThanOrEqual(5)
    for (const { method, path } of routes) {
      const pattern = new RegExp(`^\\{\\{url\\}\\}${path.replace(/:\w+/g, '[^/]+')}$`)
      const covering = written.filter((each) => each.method === method && pattern.test(each.target))
      expect(
        covering.map(({ status }) => status),
        `${method} ${path}`,
      ).toContainEqual(expect.toBeOneOf([200, 202]))
    }
  })
})
