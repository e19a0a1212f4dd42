import { SseError } from './errors.ts'

/**
 * `JSON.stringify` that refuses what it would silently drop or change: `undefined`, functions, symbols, `NaN` and the
 * infinities, BigInt, cycles, invalid dates, and objects whose content JSON cannot see (Map, Set, Promise, Error, …).
 * Symbol keys and non-enumerable properties are no part of a value's JSON, here as in `JSON.stringify`.
 *
 * @throws SseError `not-json`, with the `path` of the first value that was refused.
 */
export function toStrictJson(value: unknown): string {
  try {
    // First, because it finds cycles natively; the check can then walk the value without a set of ancestors.
    const json = JSON.stringify(value)
    check(value, 'data')
    return json
  } catch (cause) {
    throw cause instanceof SseError ? cause : unserializable(value, cause)
  }
}

/** Walks a value that is known to be free of cycles. */
function check(value: unknown, path: string): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) throw refused(path, `is ${value}`)
      return
    case 'object':
      if (value !== null) checkObject(value, path)
      return
    default:
      throw refused(path, typeof value === 'undefined' ? 'is undefined' : `is a ${typeof value}`)
  }
}

function checkObject(original: object, path: string): void {
  let value = original
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    if (value instanceof Date && Number.isNaN(value.getTime())) throw refused(path, 'is an invalid date')
    const replacement: unknown = value.toJSON('')
    if (typeof replacement !== 'object' || replacement === null) {
      check(replacement, path)
      return
    }
    // Written as it is: JSON.stringify asks what toJSON returned for no toJSON of its own.
    value = replacement
  }
  if (Array.isArray(value)) {
    // Not for…of: it must not call a patched iterator, and holes must be seen.
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (!isPlain(item)) check(item, `${path}[${i}]`)
    }
    return
  }
  const tag = Object.prototype.toString.call(value)
  if (tag !== '[object Object]') {
    if (tag === '[object Number]') check(Number(value), path)
    else if (!BOXED.has(tag)) throw refused(path, `is a ${tag.slice(8, -1)}, whose content JSON cannot see`)
    return
  }
  for (const key of Object.keys(value)) {
    const item: unknown = (value as Record<string, unknown>)[key]
    if (!isPlain(item)) check(item, memberPath(path, key))
  }
}

/** The values that need no path: building one for every string and number would cost more than the JSON itself. */
function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)
}

/** The path of a member: `data.price`, or `data["unit price"]` where the key is no identifier. */
export function memberPath(path: string, key: string): string {
  return IDENTIFIER.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const BOXED: ReadonlySet<string> = new Set(['[object String]', '[object Boolean]'])

/** Names the cause of an exception that `JSON.stringify` threw: a cycle, a BigInt, a throwing getter, too deep a value. */
function unserializable(value: unknown, cause: unknown): SseError {
  const found = findCycleOrBigInt(value, 'data', [])
  if (found !== undefined) return refused(found.path, found.problem, cause)
  return refused('data', 'could not be serialised', cause)
}

function findCycleOrBigInt(
  value: unknown,
  path: string,
  ancestors: readonly object[],
): { path: string; problem: string } | undefined {
  if (typeof value === 'bigint') return { path, problem: 'is a bigint' }
  if (typeof value !== 'object' || value === null) return undefined
  if (ancestors.includes(value)) return { path, problem: 'refers back to an object that contains it' }
  // Deeper than any stack that JSON.stringify itself survives: the cause is the depth, not a value in it.
  if (ancestors.length > 1_000) return { path: 'data', problem: 'is nested too deeply' }
  for (const key of Object.keys(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : memberPath(path, key)
    let item: unknown
    try {
      item = (value as Record<string, unknown>)[key]
    } catch {
      return { path: at, problem: 'has a getter that throws' }
    }
    const found = findCycleOrBigInt(item, at, [...ancestors, value])
    if (found !== undefined) return found
  }
  return undefined
}

function refused(path: string, problem: string, cause?: unknown): SseError {
  return new SseError(
    'not-json',
    `${path} ${problem}: JSON would lose it without a word. Send a string, or replace the value (null, a number, an array).`,
    { field: 'data', path, ...(cause === undefined ? {} : { cause }) },
  )
}
