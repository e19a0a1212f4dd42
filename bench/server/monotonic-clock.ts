/**
 * Microseconds of the system's monotonic clock. All processes of one machine read the same one, which is what makes the
 * time from a publication to its receipt a difference of two readings. `performance.now()` counts from the start of its
 * process, and the wall clock is put right while it runs.
 */
export function monotonicMicros(): number {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1e6 + Math.floor(nanos / 1e3)
}
