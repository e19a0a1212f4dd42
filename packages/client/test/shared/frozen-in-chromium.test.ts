import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../../../testing/test/fixtures/chromium.ts'
import { CounterServer } from './counter-server.ts'
import type { Seen } from './page.ts'
import { RawChromium, type RawTab } from './raw-chromium.ts'

const CASES = [
  // With a timeout that is never reached here: it is told, and gives the lead up by itself.
  { title: 'that Chromium freezes', leaderTimeoutMs: 60_000, suspend: (tab: RawTab) => tab.freeze() },
  {
    title: 'that stands at a breakpoint',
    leaderTimeoutMs: 2_000,
    suspend: (tab: RawTab) => tab.stopAtBreakpoint(),
  },
]

describe.skipIf(chromiumPath === undefined)('a shared connection, while tabs do not run', () => {
  test.each(CASES)(
    'survives a leader $title, and gives it all that it missed',
    async ({ leaderTimeoutMs, suspend }) => {
      await using server = await CounterServer.start()
      await using chromium = await RawChromium.launch()
      const tabs: RawTab[] = []
      for (let n = 0; n < 3; n++) {
        const tab = await chromium.openTab(server.url)
        await tab.evaluate(`join('/events', { leaderTimeoutMs: ${leaderTimeoutMs} })`)
        tabs.push(tab)
      }
      const seen = (tab: RawTab): Promise<Seen> => tab.evaluate<Seen>('seen()')
      const modesOf = async (some: readonly RawTab[]): Promise<string[]> =>
        (await Promise.all(some.map(seen))).map(({ mode }) => mode)
      const readsOn = async (tab: RawTab): Promise<void> => {
        const { count } = server
        await expect.poll(async () => (await seen(tab)).counts.at(-1)).toBeGreaterThan(count)
      }
      const stop = server.stream(200)
      for (const tab of tabs) await readsOn(tab)

      // Mostly the first, if no machine is so busy that it was taken for frozen before.
      await expect.poll(() => modesOf(tabs)).toContain('leading')
      const leader = tabs[(await modesOf(tabs)).indexOf('leading')] ?? (tabs[0] as RawTab)
      const others = tabs.filter((tab) => tab !== leader)
      const resume = await suspend(leader)
      // Timers of hidden pages fire once in a second.
      await expect.poll(async () => (await modesOf(others)).sort()).toEqual(['following', 'leading'])
      for (const tab of others) await readsOn(tab)
      await expect.poll(() => server.streams).toBeLessThanOrEqual(2)
      await resume()
      await expect.poll(async () => (await seen(leader)).modes).toContain('following')
      await readsOn(leader)
      stop()

      for (const tab of tabs) {
        await expect.poll(async () => (await seen(tab)).counts.at(-1)).toBe(server.count)
        const { counts, gaps } = await seen(tab)
        const first = counts[0] ?? 0
        expect(gaps).toEqual([])
        expect(counts).toEqual(Array.from({ length: server.count - first + 1 }, (_, n) => first + n))
      }
      await expect
        .poll(async () => (await modesOf(tabs)).sort())
        .toEqual(['following', 'following', 'leading'])
      await expect.poll(() => server.streams).toBe(1)
    },
  )
})
