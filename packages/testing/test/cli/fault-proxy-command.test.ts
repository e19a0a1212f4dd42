import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { program } from '../../src/cli/program.ts'
import { WireClient, wireServer } from '../faults/wire.ts'
import { Child } from './child.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n'

async function run(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  await using child = new Child(...args)
  const code = await child.ended()
  return { code, stdout: child.stdout, stderr: child.stderr }
}

describe('fault-proxy', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'says where it listens and what happens, and ends with code 0 on %s',
    async (signal) => {
      await using server = await wireServer((socket) => void socket.once('data', () => socket.write(ANSWER)))
      await using child = new Child(
        'fault-proxy',
        '--target',
        server.url,
        '--cut-after',
        '4',
        '--from-body',
        '--seed',
        '7',
      )
      const [, url = ''] = await child.printed(
        /^Listening on (\S+), in front of \S+ The same again: --seed 7\n/,
      )
      using client = new WireClient(url)
      client.socket.write('GET')
      expect([await client.end(), client.text]).toEqual(['ECONNRESET', ANSWER.slice(0, -5)])
      await child.printed(/closed/)
      using open = new WireClient(url)
      await child.printed(/#1 opened/)
      child.signal(signal)
      expect(await child.ended()).toBe(0)
      expect(await open.end()).toMatch(/fin|ECONNRESET/)
      expect([child.stdout.split('\n').slice(1), child.stderr]).toEqual([
        [
          '#0 opened: cut after 4 bytes of the body (reset)',
          '#0 cut the response (reset)',
          '#0 closed: 3 bytes of requests, 23 of responses',
          '#1 opened: cut after 4 bytes of the body (reset)',
          '#1 closed: 0 bytes of requests, 0 of responses',
          'faultProxy with seed 7: 2 connections (0 open), 3 bytes of requests and 23 of responses, faults: 1 × cut',
          '',
        ],
        '',
      ])
    },
  )

  it('draws a seed where none is given, and the same again with it', async () => {
    await using server = await wireServer()
    const drawn = async (...more: string[]): Promise<{ seed: string; lines: string[] }> => {
      const flags = [
        '--cut-after',
        '0..1000000',
        '--stall-after-ms',
        '5000..9000',
        // Seldom enough without any: six such connections in a row would be the same by every seed.
        '--chance',
        '0.95',
        '--fin',
        ...more,
      ]
      await using child = new Child('fault-proxy', '--target', server.url, ...flags)
      const [, url = '', seed = ''] = await child.printed(/^Listening on (\S+),.* --seed (\d+)\n/)
      const lines: string[] = []
      for (let index = 0; index < 6; index++) {
        using _client = new WireClient(url)
        lines.push((await child.printed(new RegExp(`#${index} opened.*\n`)))[0])
      }
      return { seed, lines }
    }
    const first = await drawn()
    const again = await drawn('--seed', first.seed)
    expect(again).toEqual(first)
    const other = await drawn('--seed', String((Number(first.seed) + 1) % 2 ** 32))
    expect(other.lines).not.toEqual(first.lines)
  })

  it('says all that is planned', async () => {
    await using server = await wireServer()
    const flags =
      '--latency 200 --jitter 100 --bandwidth 1024 --split 1..3 --buffer 10 --corrupt 0.5 --cut-after 9 --cut-after-ms 60000 --half-open --stall-after 5'
    await using child = new Child('fault-proxy', '--target', server.url, ...flags.split(' '))
    const [, url = ''] = await child.printed(/^Listening on (\S+),/)
    using _client = new WireClient(url)
    expect((await child.printed(/#0 opened: (.*)\n/))[1]).toBe(
      'latency 200 ms, jitter 100 ms, 1024 bytes a second, writes of 1 to 3 bytes, blocks of 10 bytes, damaged bytes, ' +
        'stall after 5 bytes, cut after 9 bytes or after 60000 ms (half-open)',
    )
  })

  it('says when the target does not answer', async () => {
    await using child = new Child('fault-proxy', '--target', `http://127.0.0.1:${await freePort()}`)
    const [, url = ''] = await child.printed(/^Listening on (\S+),/)
    using _client = new WireClient(url)
    await child.printed(/#0 reset, since the target does not answer: connect ECONNREFUSED/)
  })

  it.each([
    [[], "error: required option '--target <url>' not specified"],
    [['--target', 'http://x', '--port', '70000'], 'Give a whole number from 0 to 65535.'],
    [
      ['--target', 'http://x', '--cut-after', '9..1'],
      'Give a number, or a range with the smaller number first, such as 10..500.',
    ],
    [
      ['--target', 'http://x', '--cut-after', '1..2..3'],
      'Give a number, or a range with the smaller number first, such as 10..500.',
    ],
    [['--target', 'http://x', '--cut-after', '-1'], 'Give a whole number from 0 up.'],
    [['--target', 'http://x', '--split', '0..3'], 'Give a whole number from 1 up.'],
    [['--target', 'http://x', '--chance', '2'], 'Give a number from 0 to 1.'],
    [['--target', 'http://x', '--fin'], 'error: --fin says how to cut: add --cut-after or --cut-after-ms'],
    [['--target', 'http://x', '--from-body'], 'error: --from-body says from where bytes are counted'],
    [
      ['--target', 'http://x', '--cut-after', '1', '--fin', '--reset'],
      "'--reset' cannot be used with option '--fin'",
    ],
    [['--target', 'http://x', '--cut-afer', '1'], 'Did you mean --cut-after?'],
  ])('refuses %j, and says what to do', async (args, message) => {
    let stderr = ''
    const root = program(
      {
        stdout: { write: () => expect.unreachable() },
        stderr: { write: (text) => (stderr += text) },
        signal: AbortSignal.abort(),
        exit: () => {},
      },
      '1.2.3',
    )
    for (const command of [root, ...root.commands]) command.exitOverride()
    await expect(root.parseAsync(['fault-proxy', ...args], { from: 'user' })).rejects.toMatchObject({
      exitCode: 1,
    })
    expect(stderr).toContain(message)
    expect(stderr).toContain('See it with --help.')
  })

  it.each([
    [
      ['--target', 'localhost:1'],
      /^error: The target must be the URL of a server, such as http:\/\/localhost:3000 or tcp:\/\/localhost:6379, but .*\n$/,
    ],
    [['--target', 'http://x', '--fin'], /^error: --fin says how to cut: add .*\nSee it with --help.\n$/],
  ])('ends with code 1, and no stack, for %j', async (args, message) => {
    expect(await run('fault-proxy', ...args)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(message),
    })
  })

  it('refuses a port that is taken', async () => {
    await using server = await wireServer()
    const { port } = new URL(server.url)
    const { code, stderr } = await run('fault-proxy', '--target', 'http://x', '--port', port)
    expect([code, stderr]).toEqual([
      1,
      `error: Cannot listen on 127.0.0.1:${port} (EADDRINUSE). Choose another port, or 0 for any that is free.\n`,
    ])
  })

  it('has help, with examples', async () => {
    const { code, stdout } = await run('fault-proxy', '--help')
    expect(code).toBe(0)
    expect(stdout).toContain('Usage: sse-testing fault-proxy [options]')
    expect(stdout).toContain(
      '$ npx @sse/testing fault-proxy --target http://localhost:3000 --port 8080 --cut-after',
    )
  })
})

it('tells its version, which is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})
