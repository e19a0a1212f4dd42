/** Compressed streams through decoders that others wrote: what each reads, and that it reads an event when it is published. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import { FakeClock } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { isInstalled } from '../../testing/test/fixtures/installed.ts'
import { Channel, EventSourceResponse } from '../src/index.ts'
import { StreamServer } from './stream-server.ts'

/** Reads the stream at `url`, and tells all of the text that it has until now. Settles when that is all. */
type Decoder = (url: string, tell: (text: string) => void) => Promise<void>

async function tellAll(
  parts: AsyncIterable<string> | Iterable<string>,
  tell: (text: string) => void,
): Promise<void> {
  let text = ''
  for await (const part of parts) {
    text += part
    tell(text)
  }
}

async function byFetch(url: string, tell: (text: string) => void): Promise<void> {
  const response = await fetch(url)
  await tellAll(response.body?.pipeThrough(new TextDecoderStream()) ?? [], tell)
}

async function byZlib(url: string, tell: (text: string) => void): Promise<void> {
  const [response] = (await once(get(url, { headers: { 'accept-encoding': 'gzip' } }), 'response')) as [
    IncomingMessage,
  ]
  await tellAll(response.pipe(createGunzip()).setEncoding('utf8'), tell)
}

function byCommand(command: string, ...args: string[]): Decoder {
  return async (url, tell) => {
    const child = spawn(command, [...args, url], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(child, 'exit')
    await tellAll(child.stdout.setEncoding('utf8'), tell)
    expect(await exit).toEqual([0, null])
  }
}

/** Python reads a gzip file in pieces of its own size, so it is asked for the whole: it checks the sum and the length. */
const PYTHON = `
import gzip, sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={'accept-encoding': 'gzip'})
response = urllib.request.urlopen(request)
assert response.headers['content-encoding'] == 'gzip'
sys.stdout.buffer.write(gzip.GzipFile(fileobj=response).read())
`

const DECODERS = [
  { name: "node's fetch", decode: byFetch, live: true, there: true },
  { name: "node's zlib", decode: byZlib, live: true, there: true },
  {
    name: 'curl --compressed',
    decode: byCommand('curl', '--silent', '--show-error', '--no-buffer', '--compressed'),
    live: true,
    there: isInstalled('curl'),
  },
  {
    name: "Python's gzip",
    decode: byCommand('python3', '-c', PYTHON),
    live: false,
    there: isInstalled('python3'),
  },
]

describe.each(DECODERS)('a compressed stream, read by $name', ({ decode, live, there }) => {
  it.skipIf(!there)('is what was published, with pings in between, to its proper end', async () => {
    const clock = new FakeClock()
    const channel = new Channel(undefined, { clock })
    channel.publish('before', 'x'.repeat(100_000))
    const content = channel.subscription({ start: 'earliest' })
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(content, { clock, compression: 'auto' }).send(request, response),
    )
    let plain = ''
    const reading = byPlainFetch(server.url, (text) => {
      plain = text
    })
    let text = ''
    const decoding = decode(server.url, (now) => {
      text = now
    })
    await expect.poll(() => channel.subscribers).toBe(2)
    const both = async (what: string): Promise<void> => {
      await expect.poll(() => plain).toContain(what)
      if (live) await expect.poll(() => text).toContain(what)
    }
    for (let n = 0; n < 100; n++) {
      const id = channel.publish('quote', {
        n,
        symbol: n % 3 === 0 ? 'ACME' : 'GLOBEX €',
        of: 'the same kind',
      })
      await both(`id: ${id}\n`)
      if (n % 25 === 24) {
        clock.advance(16_000)
        await both(`: ping - ${new Date(clock.wallTime()).toISOString().slice(0, 15)}`)
      }
    }
    channel.close()
    await Promise.all([reading, decoding])
    expect(text).toBe(plain)
    await expect.poll(() => server.ends.map(({ reason }) => reason)).toEqual(['complete', 'complete'])
    expect(Math.min(...server.ends.map(({ wireBytes }) => wireBytes))).toBeLessThan(12_000)
  })
})

async function byPlainFetch(url: string, tell: (text: string) => void): Promise<void> {
  const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } })
  expect(response.headers.get('content-encoding')).toBeNull()
  await tellAll(response.body?.pipeThrough(new TextDecoderStream()) ?? [], tell)
}
