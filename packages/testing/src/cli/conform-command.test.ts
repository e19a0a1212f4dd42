import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conformCommand } from './conform-command.ts'

const seen: (string | undefined)[] = []
const server = createServer((request, response) => {
  seen.push(request.headers.authorization)
  const right = request.url === '/stream'
  response.writeHead(right ? 200 : 404, { 'content-type': right ? 'text/event-stream' : 'text/plain' })
  response.write(': ok\n\n')
})
let origin = ''
let folder = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  folder = await mkdtemp(join(tmpdir(), 'conform-'))
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

async function run(
  ...args: readonly string[]
): Promise<{ code: number | undefined; out: string; err: string }> {
  const told = { code: undefined as number | undefined, out: '', err: '' }
  const command = conformCommand({
    stdout: { write: (text) => (told.out += text) },
    stderr: { write: (text) => (told.err += text) },
    signal: new AbortController().signal,
    exit: (code) => {
      told.code = code
    },
  }).exitOverride()
  await command.parseAsync([...args, '--observe', '100', '--timeout', '30000'], { from: 'user' })
  return told
}

describe('conform', () => {
  it('prints a report for people, and exits with 0 when every must is kept', async () => {
    const { code, out } = await run(`${origin}/stream`, '--only', 'status-200', 'no-transform')
    expect([code, out]).toEqual([0, expect.stringContaining('✗ intermediaries are told')])
  })

  it('exits with 1 when a must is broken, or a rule of the level that it was told', async () => {
    expect((await run(`${origin}/nothing`, '--only', 'status-200')).code).toBe(1)
    expect((await run(`${origin}/stream`, '--only', 'no-transform', '--fail-on', 'good-practice')).code).toBe(
      1,
    )
  })

  it('prints JSON, and writes JUnit XML', async () => {
    const file = join(folder, 'report.xml')
    const { out } = await run(`${origin}/stream`, '--json', '--junit', file, '--only', 'status-200')
    expect(JSON.parse(out)).toMatchObject({ subject: `${origin}/stream`, passed: true })
    expect(await readFile(file, 'utf8')).toContain('<testcase classname="must.§9.2.3"')
  })

  it('sends the headers that it was given', async () => {
    seen.length = 0
    await run(`${origin}/stream`, '--header', 'Authorization: Bearer a: b', '--only', 'status-200')
    expect(new Set(seen)).toEqual(new Set(['Bearer a: b']))
  })

  it('exits with 2, and says why, when it cannot try', async () => {
    expect(await run('nonsense')).toMatchObject({ code: 2, err: expect.stringContaining('"nonsense"') })
    const file = join(folder, 'no', 'such', 'folder.xml')
    expect((await run(`${origin}/stream`, '--junit', file, '--only', 'status-200')).code).toBe(2)
  })
})
