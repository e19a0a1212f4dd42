/**
 * Names the reign of a leader, later than any that it has heard of. The tabs of a machine have one clock, so a leader that has
 * heard of none is still later than those before it. Terms are compared as strings.
 */
export function nextTerm(known: string, wallTime: number, tab: string): string {
  const last = Number.parseInt(known.slice(0, 9) || '0', 36)
  return `${Math.max(Math.floor(wallTime), last + 1)
    .toString(36)
    .padStart(9, '0')}-${tab}`
}
