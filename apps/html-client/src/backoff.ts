const FIRST_CEILING_MS = 1_000
const HIGHEST_CEILING_MS = 30_000

/** The longest wait after this many failures in a row (1 for the first): 1 s, 2 s, 4 s … 30 s. */
function ceiling(failures: number): number {
  return Math.min(HIGHEST_CEILING_MS, FIRST_CEILING_MS * 2 ** (failures - 1))
}

/**
 * Exponential backoff with full jitter: any wait up to the ceiling is equally likely. A server that went down with
 * thousands of pages connected is then not met by all of them in the same instant when it comes back.
 */
export function backoffDelay(failures: number, random: () => number = Math.random): number {
  return Math.round(random() * ceiling(failures))
}
