/**
 * Collects what the last run left behind, so that the next one does not pay for it. Only the young generation: a full
 * collection between runs also throws away the optimised code of a parser of which no instance is alive, and then
 * every run times the compiler. That made all parsers 1.5 to 4 times slower, and their order random.
 */
export function collectYoungGarbage(): void {
  globalThis.gc?.({ type: 'minor' })
}

/** Collects everything, for measures of memory. */
export function collectAllGarbage(): void {
  globalThis.gc?.()
}
