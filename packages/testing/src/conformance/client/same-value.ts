/** Whether two values that can be copied out of a page are alike, to the last letter. */
export function sameValue(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

/** In a line, as a report shows it. */
export function shown(value: unknown): string {
  const text = canonical(value) ?? 'undefined'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === undefined) return '[undefined]'
    if (typeof part === 'bigint' || typeof part === 'symbol' || typeof part === 'function')
      return String(part)
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
