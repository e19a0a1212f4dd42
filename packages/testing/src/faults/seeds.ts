import { seeded } from '../seeded.ts'

/**
 * A seed for one part of what another seed is for: each connection, direction and fault draws numbers of its own, so that
 * what happens on one does not depend on how far the others are.
 */
export function forkedSeed(seed: number, part: number): number {
  // Mixed before the part is added, or part 1 of seed 1 would be part 0 of seed 2.
  return mixed(mixed(seed) + part)
}

function mixed(seed: number): number {
  return Math.floor(seeded(seed)() * 2 ** 32)
}
