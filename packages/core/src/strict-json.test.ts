import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { encodeEvent } from './encode.ts'
import { SseError } from './errors.ts'
import { toStrictJson } from './strict-json.ts'

const cycle: { name: string; self?: unknown } = { name: 'x' }
cycle.self = cycle
const arrayCycle: unknown[] = [1]
arrayCycle.push({ 'the list': arrayCycle })

const REFUSED: readonly [what: string, value: unknown, path: string, says: string][] = [
  ['NaN', Number.NaN, 'data', 'data is NaN'],
  ['Infinity', { a: Number.POSITIVE_INFINITY }, 'data.a', 'is Infinity'],
  ['-Infinity', [0, Number.NEGATIVE_INFINITY], 'data[1]', 'is -Infinity'],
  ['undefined', undefined, 'data', 'data is undefined'],
  ['undefined in an object', { a: { b: undefined } }, 'data.a.b', 'is undefined'],
  ['undefined in an array', { a: [1, undefined] }, 'data.a[1]', 'is undefined'],
  // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested.
  ['a hole in an array', [1, , 3], 'data[1]', 'is undefined'],
  ['a function', { a: () => {} }, 'data.a', 'is a function'],
  ['a symbol', [Symbol('s')], 'data[0]', 'is a symbol'],
  ['a bigint', { a: [{ b: 1n }] }, 'data.a[0].b', 'is a bigint'],
  ['a bigint under an odd key', { 'a b': { '1': 1n } }, 'data["a b"]["1"]', 'is a bigint'],
  ['a boxed bigint', { a: Object(1n) }, 'data', 'could not be serialised'],
  ['a boxed NaN', [Object(Number.NaN)], 'data[0]', 'is NaN'],
  ['a boxed symbol', { a: Object(Symbol()) }, 'data.a', 'is a Symbol'],
  ['a cycle', cycle, 'data.self', 'refers back to an object that contains it'],
  ['a cycle through an array', arrayCycle, 'data[1]["the list"]', 'refers back'],
  ['a Map', { a: new Map([[1, 2]]) }, 'data.a', 'is a Map, whose content JSON cannot see'],
  ['a Set', new Set([1]), 'data', 'is a Set'],
  ['a WeakMap', [new WeakMap()], 'data[0]', 'is a WeakMap'],
  ['a Promise', { a: Promise.resolve(1) }, 'data.a', 'is a Promise'],
  ['an Error', { error: new TypeError('x') }, 'data.error', 'is a Error'],
  ['a RegExp', { a: /x/ }, 'data.a', 'is a RegExp'],
  ['bytes', { a: new Uint8Array(2) }, 'data.a', 'is a Uint8Array'],
  ['an ArrayBuffer', { a: new ArrayBuffer(2) }, 'data.a', 'is a ArrayBuffer'],
  ['a generator', { a: (function* () {})() }, 'data.a', 'is a Generator'],
  ['a Map of another realm', { a: runInNewContext('new Map([[1, 2]])') }, 'data.a', 'is a Map'],
  ['an invalid date', { at: new Date(Number.NaN) }, 'data.at', 'is an invalid date'],
  ['a path of odd keys', { 'a b': [{ 'c.d': { '': Number.NaN } }] }, 'data["a b"][0]["c.d"][""]', 'is NaN'],
  ['a path of identifiers', { $a: { _b1: { é: Number.NaN } } }, 'data.$a._b1["é"]', 'is NaN'],
  ['toJSON that gives undefined', { a: { toJSON: () => undefined } }, 'data.a', 'is undefined'],
  ['toJSON that gives NaN', { a: { toJSON: () => Number.NaN } }, 'data.a', 'is NaN'],
  [
    'toJSON that gives an object with undefined',
    { a: { toJSON: () => ({ b: undefined }) } },
    'data.a.b',
    'is undefined',
  ],
  [
    'toJSON that gives a Date, which JSON writes as {}',
    { a: { toJSON: () => new Date(0) } },
    'data.a',
    'is a Date',
  ],
  ['toJSON that gives a Map', { toJSON: () => new Map() }, 'data', 'is a Map'],
  ['toJSON on an array', Object.assign([1], { toJSON: () => [undefined] }), 'data[0]', 'is undefined'],
  ['toJSON that throws', { toJSON: () => raise('broken') }, 'data', 'could not be serialised'],
  [
    'a getter that throws',
    {
      a: {
        get b() {
          return raise('broken')
        },
      },
    },
    'data.a.b',
    'has a getter that throws',
  ],
  ['nesting deeper than the stack', nested(100_000), 'data', 'is nested too deeply'],
]

const ACCEPTED: readonly [what: string, value: unknown, json: string][] = [
  ['null', null, 'null'],
  ['numbers', [0, -1.5, 1e300, Number.MAX_SAFE_INTEGER], '[0,-1.5,1e+300,9007199254740991]'],
  ['strings, ill-formed ones escaped', ['', 'é', '\uD800'], '["","é","\\ud800"]'],
  ['a valid date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  [
    'an instance of a class',
    new (class {
      readonly a = 1
      readonly #b = 2
      b() {
        return this.#b
      }
    })(),
    '{"a":1}',
  ],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ['an object of another realm', runInNewContext('({ a: [1, { b: null }] })'), '{"a":[1,{"b":null}]}'],
  ['boxed primitives', [Object(1), Object('x'), Object(true)], '[1,"x",true]'],
  ['an URL, by its toJSON', new URL('http://localhost/x'), '"http://localhost/x"'],
  ['toJSON that is no function', { toJSON: 1 }, '{"toJSON":1}'],
  ['nothing but symbol keys', { [Symbol('s')]: undefined, a: 1 }, '{"a":1}'],
  [
    'properties that are not enumerable',
    Object.defineProperty({ a: 1 }, 'b', { value: undefined }),
    '{"a":1}',
  ],
  ['a key __proto__ of its own', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ['empty containers', [{}, []], '[{},[]]'],
  ['nesting of a thousand levels', nested(1_000), `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`],
]

describe('strict JSON', () => {
  it.each(REFUSED)('refuses %s with its path', (_, value, path, says) => {
    expect(() => encodeEvent({ data: { value } })).toThrow(SseError)
    expect(() => toStrictJson(value)).toThrow(
      expect.objectContaining({
        code: 'not-json',
        field: 'data',
        path,
        message: expect.stringContaining(says),
      }),
    )
  })

  it.each(ACCEPTED)('accepts %s', (_, value, json) => {
    expect(toStrictJson(value)).toBe(json)
  })

  it('accepts an object that is there twice, but not inside itself', () => {
    const shared = { a: [1] }
    expect(toStrictJson({ x: shared, y: [shared, shared.a] })).toBe('{"x":{"a":[1]},"y":[{"a":[1]},[1]]}')
  })

  it('accepts what toJSON returns when that is the object itself', () => {
    const self = Object.defineProperty({ a: 1 }, 'toJSON', { value: () => self })
    expect(toStrictJson(self)).toBe('{"a":1}')
  })

  it.each(['toJSON', 'getter'])('keeps what a %s threw as the cause', (kind) => {
    const cause = new Error('broken')
    const fail = (): never => raise(cause)
    const value =
      kind === 'toJSON' ? { toJSON: fail } : Object.defineProperty({}, 'a', { get: fail, enumerable: true })
    expect(() => toStrictJson(value)).toThrow(expect.objectContaining({ code: 'not-json', cause }))
  })

  it('refuses a getter that throws only when it is read again', () => {
    let reads = 0
    const value = {
      get a() {
        return reads++ === 0 ? 1 : raise('broken')
      },
    }
    expect(() => toStrictJson(value)).toThrow(expect.objectContaining({ code: 'not-json' }))
  })

  it('says what to do', () => {
    expect(() => toStrictJson([undefined])).toThrow(
      'data[0] is undefined: JSON would lose it without a word. Send a string, or replace the value (null, a number, an array).',
    )
  })
})

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = { a: value }
  return value
}

function raise(error: Error | string): never {
  throw typeof error === 'string' ? new Error(error) : error
}
