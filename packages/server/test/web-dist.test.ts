import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const dist = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url))

/** Everything that a built file imports, itself or through what it imports: its files, and other modules by name. */
function importsOf(file: string, files = new Set<string>(), modules = new Set<string>()): Set<string> {
  if (files.has(file)) return modules
  files.add(file)
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
    /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g,
  )) {
    // Declarations name each other by their sources.
    const path = resolve(dirname(file), name.replace(/\.ts$/, '.d.ts'))
    if (name.startsWith('.')) importsOf(path, files, modules)
    else modules.add(name)
  }
  return modules
}

/** Run by a node from which everything was taken that other runtimes do not have. */
const ELSEWHERE = `
  const print = (value) => console.log(JSON.stringify(value))
  // Node makes these when they are first used.
  new Response('', { headers: new Request('http://localhost/').headers })
  // The classes of Node's own fetch look for it, too, in Node 22 whenever they take a body: it is there for them alone.
  const { Buffer } = globalThis
  const isAskedByNode = () => /^at [^(]*\\(?node:/.test(new Error().stack.split('\\n')[3].trim())
  Object.defineProperty(globalThis, 'Buffer', { get: () => (isAskedByNode() ? Buffer : undefined) })
  for (const name of ['process', 'setImmediate', 'clearImmediate', 'global', 'require']) delete globalThis[name]
  const { Channel, EventSourceResponse } = await import(WEB)
  const channel = new Channel()
  const first = channel.publish('n', 'é')
  channel.publish('n', { at: 2 })
  const request = new Request('http://localhost/', { headers: { 'last-event-id': first } })
  const response = new EventSourceResponse(channel, { request })
  let text = ''
  const read = async () => {
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) text += part
  }
  const whole = read()
  await new Promise((resolve) => setTimeout(resolve))
  channel.publish('n', 3)
  channel.close()
  await whole
  print({ text, end: await response.ended, buffer: typeof globalThis.Buffer, process: typeof process })
`

describe('the web face as it is published', () => {
  it('imports nothing of node', () => {
    expect(existsSync(dist('web.js')), 'Build the package first: pnpm build').toBe(true)
    expect([...importsOf(dist('web.js'))]).toEqual(['@sse/core'])
    // The search finds what is there.
    expect([...importsOf(dist('index.js'))]).toContain('node:http')
  })

  it('says so in its types, too', () => {
    expect([...importsOf(dist('web/index.d.ts'))]).toEqual(['@sse/core'])
  })

  it('runs where there is no Buffer, no process and no setImmediate', async () => {
    const script = ELSEWHERE.replace('WEB', JSON.stringify(new URL('../dist/web.js', import.meta.url)))
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    const { text, end, ...globals } = JSON.parse(stdout) as { text: string; end: object }
    expect(globals).toEqual({ buffer: 'undefined', process: 'undefined' })
    expect(text).toMatch(/^: open ping-interval-ms=15000\n\n.*data: \{"at":2\}\n\n.*data: 3\n\n$/s)
    expect(end).toMatchObject({ reason: 'complete', events: 2 })
  })

  it('shares its channels with the node face', async () => {
    const [node, web] = (await Promise.all([import(dist('index.js')), import(dist('web.js'))])) as [
      { Channel: unknown },
      { Channel: unknown },
    ]
    expect(web.Channel).toBe(node.Channel)
  })
})
