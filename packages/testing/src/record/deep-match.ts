/** `expect.objectContaining(…)` and its like, of vitest, Jest and sinon: known by what they do. */
export interface AsymmetricMatcher {
  asymmetricMatch(other: unknown): boolean
}

export function isAsymmetricMatcher(value: unknown): value is AsymmetricMatcher {
  return typeof (value as Partial<AsymmetricMatcher> | null | undefined)?.asymmetricMatch === 'function'
}

/**
 * Whether a value is what was expected, deeply. Matchers may stand anywhere in `expected`. A property that is `undefined` counts as
 * absent, as `toEqual` has it: JSON has no `undefined`.
 */
export function deepMatch(actual: unknown, expected: unknown): boolean {
  if (isAsymmetricMatcher(expected)) return expected.asymmetricMatch(actual)
  if (Object.is(actual, expected)) return true
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null)
    return false
  if (actual instanceof Date && expected instanceof Date) return actual.getTime() === expected.getTime()
  if (Array.isArray(actual) !== Array.isArray(expected)) return false
  if (isCollection(actual) || isCollection(expected)) return sameCollection(actual, expected)
  if (Array.isArray(actual) && actual.length !== (expected as unknown[]).length) return false
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)])
  return [...names].every((name) =>
    deepMatch((actual as Record<string, unknown>)[name], (expected as Record<string, unknown>)[name]),
  )
}

type Collection = Map<unknown, unknown> | Set<unknown>

/** What a schema may make of data. */
function isCollection(value: object): value is Collection {
  return value instanceof Map || value instanceof Set
}

function sameCollection(actual: object, expected: object): boolean {
  if (!isCollection(actual) || !isCollection(expected)) return false
  return actual.constructor === expected.constructor && deepMatch([...actual], [...expected])
}
