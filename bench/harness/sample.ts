/** Long beside the steps in which systems count processor time: 1 to 4 ms. */
const SAMPLE_MS = 30

/**
 * Runs again and again until that has taken {@link SAMPLE_MS}, and returns the milliseconds of one run.
 *
 * These are milliseconds of processor time of this thread, not of the wall clock: on a machine that others use too, a
 * run takes longer by their share, which has halved a ratio of medians. Nothing that is timed here waits for
 * anything, so on an idle machine both clocks agree.
 */
export async function sample(run: () => Promise<void>): Promise<number> {
  const start = threadTime()
  let runs = 0
  let spent = 0
  do {
    await run()
    runs++
    spent = threadTime() - start
  } while (spent < SAMPLE_MS)
  return spent / runs
}

function threadTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1e3
}
