/** What can only be seen from outside: leaks, and what keeps a process alive. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stall } from '@sse/testing'
import { scriptedServer } from '@sse/testing/node'
import { describe, expect, it, onTestFinished } from 'vitest'

interface Run {
  readonly child: ChildProcess
  readonly said: string
  readonly exited: Promise<unknown>
}

function run(what: string, url = ''): Run {
  const script = fileURLToPath(new URL('./client-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', script, what, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // Of a test that fails, which may be because it does not end.
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stdout?.on('data', (bytes) => {
    said += bytes
  })
  return {
    child,
    get said() {
      return said
    },
    exited: once(child, 'close'),
  }
}

const MIB = 1024 * 1024

describe('a process', () => {
  it('is after 10,000 sources what it was before: heap, handles and listeners', async () => {
    const cycles = run('cycles')
    expect(await cycles.exited).toEqual([0, null])
    const { idle, before, after, listeners } = JSON.parse(cycles.said)
    expect(after.heap - before.heap).toBeLessThan(2 * MIB)
    expect([before.handles, after.handles]).toEqual([idle, idle])
    expect(listeners).toBe(0)
  })

  it('reads endless comments in bounded memory', async () => {
    const comments = run('comments')
    await comments.exited
    const { before, peak, after } = JSON.parse(comments.said)
    expect(peak).toBeGreaterThan(0)
    expect(peak - before).toBeLessThan(64 * MIB)
    expect(after - before).toBeLessThan(2 * MIB)
  })

  it('ends by itself once its source is closed', async () => {
    await using server = await scriptedServer([['data: a\n\n', stall()]])
    expect(await run('closed', server.url).exited).toEqual([0, null])
    expect(await run('closed while waiting', 'http://127.0.0.1:1/').exited).toEqual([0, null])
  })

  it('is kept alive by a source that is open, or waits', async () => {
    await using server = await scriptedServer([[': open\n\n', stall()]])
    for (const [url, status] of [
      [server.url, 'open'],
      ['http://127.0.0.1:1/', 'waiting'],
    ] as const) {
      const living = run('stays', url)
      await expect.poll(() => living.said).toContain(status)
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(living.child.exitCode).toBeNull()
      living.child.kill()
      await living.exited
    }
  })
})
