import { seeded } from '../seeded.ts'

/**
 * A seed for one part of what another seed is for: each connection, direction and fault draws numbers of its own, so that
 * what happens on one does not depend on how far the others are.
 */
export function forkedSeed(seed: number, part: number): number {
  return Math.floor(seeded(seed + part)() * 2 ** 32)
}
