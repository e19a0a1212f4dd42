import { testingError } from '../errors.ts'
import { type ConnectionFaults, type FaultPlan, isList } from './fault-plan.ts'

/** Says what is wrong with a value, or nothing. */
type Check = (value: unknown, field: string) => void

function refuse(field: string, value: unknown, expected: string): never {
  const shown = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
  throw testingError('invalid-option', `The fault ${field} must be ${expected}, but it is ${shown}.`, {
    field,
  })
}

function integerFrom(min: number, unit: string): Check {
  return (value, field) => {
    if (!Number.isSafeInteger(value) || (value as number) < min) {
      refuse(field, value, `a whole number of ${unit} from ${min} up`)
    }
  }
}

const milliseconds: Check = (value, field) => {
  if (typeof value !== 'number' || !(value >= 0) || value === Number.POSITIVE_INFINITY) {
    refuse(field, value, 'a number of milliseconds from 0 up')
  }
}

const probability: Check = (value, field) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1))
    refuse(field, value, 'a probability from 0 to 1')
}

const flag: Check = (value, field) => {
  if (typeof value !== 'boolean') refuse(field, value, 'true or false')
}

const replacement: Check = (value, field) => {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) refuse(field, value, 'a string or bytes')
}

const sizes: Check = (value, field) => {
  const bytes = integerFrom(1, 'bytes')
  if (!Array.isArray(value)) return bytes(value, field)
  if (value.length !== 2) refuse(field, value, 'a number of bytes, or the smallest and the largest')
  for (const size of value) bytes(size, field)
  if (value[0] > value[1]) refuse(field, value, 'the smallest size, and then the largest')
}

function oneOf(...words: readonly string[]): Check {
  return (value, field) => {
    if (!words.includes(value as string)) refuse(field, value, words.map((word) => `'${word}'`).join(' or '))
  }
}

/** An object of these fields. An unknown one is refused: what is misspelt would be a fault that never happens. */
function fields(checks: Readonly<Record<string, Check>>, whole?: Check): Check {
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(field, value, 'an object')
    for (const [name, part] of Object.entries(value)) {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined
      const path = field === '' ? name : `${field}.${name}`
      if (check === undefined) {
        const known = Object.keys(checks).join(', ')
        throw testingError('invalid-option', `There is no fault ${path}. Known here are ${known}.`, {
          field: path,
        })
      }
      if (part !== undefined) check(part, path)
    }
    whole?.(value, field)
  }
}

const countedFrom = oneOf('start', 'body')
const place = { afterBytes: integerFrom(0, 'bytes'), from: countedFrom, afterMs: milliseconds }

const somewhere: Check = (value, field) => {
  const { afterBytes, afterMs } = value as { afterBytes?: number; afterMs?: number }
  if (afterBytes === undefined && afterMs === undefined)
    refuse(field, value, 'given an afterBytes or an afterMs')
}

const damage = fields(
  { atByte: integerFrom(0, 'bytes'), with: replacement, probability, from: countedFrom },
  (value, field) => {
    const { atByte, probability: chance, with: other } = value as Record<string, unknown>
    if ((atByte === undefined) === (chance === undefined)) {
      refuse(field, value, 'given either an atByte or a probability')
    }
    if (other !== undefined && atByte === undefined) refuse(field, value, 'given an atByte for its `with`')
  },
)

const oneOrMore =
  (check: Check): Check =>
  (value, field) => {
    if (!Array.isArray(value)) return check(value, field)
    for (const [index, item] of value.entries()) check(item, `${field}[${index}]`)
  }

const oneDirection = {
  corrupt: oneOrMore(damage),
  buffer: fields({ untilBytes: integerFrom(1, 'bytes'), once: flag, flushAtEnd: flag }, (value, field) => {
    if (!('untilBytes' in (value as object))) refuse(field, value, 'given its untilBytes')
  }),
  latencyMs: milliseconds,
  jitterMs: milliseconds,
  bandwidthBytes: integerFrom(1, 'bytes a second'),
  splitBytes: sizes,
  stall: fields(place, somewhere),
  cut: fields({ ...place, how: oneOf('reset', 'fin', 'half-open') }, somewhere),
}

const connection = fields({ ...oneDirection, request: fields(oneDirection), refuse: flag, neverAnswer: flag })

/** Refuses faults that make no sense, with `invalid-option`. */
export function checkFaults(faults: ConnectionFaults): void {
  connection(faults, '')
}

/** Refuses a plan that makes no sense, as far as that can be told before there are connections. */
export function checkPlan(plan: FaultPlan | undefined): void {
  if (plan === undefined || typeof plan === 'function') return
  for (const faults of isList<ConnectionFaults | undefined>(plan) ? plan : [plan]) {
    if (faults !== undefined) checkFaults(faults)
  }
}
