import { isSseError } from '@sse/core'
import { expect, it } from 'vitest'
import type { TestingErrorCode } from '../../src/errors.ts'
import { checkFaults, checkPlan } from '../../src/faults/check-faults.ts'
import type { ConnectionFaults, FaultPlan } from '../../src/faults/fault-plan.ts'

it.each<[string, unknown, string]>([
  [
    'latencyMs',
    { latencyMs: -1 },
    'The fault latencyMs must be a number of milliseconds from 0 up, but it is -1.',
  ],
  [
    'jitterMs',
    { jitterMs: Number.NaN },
    'The fault jitterMs must be a number of milliseconds from 0 up, but it is null.',
  ],
  ['bandwidthBytes', { bandwidthBytes: 0 }, 'must be a whole number of bytes a second from 1 up'],
  ['splitBytes', { splitBytes: [3, 1] }, 'the smallest size, and then the largest'],
  ['splitBytes', { splitBytes: [1, 2, 3] }, 'a number of bytes, or the smallest and the largest'],
  ['splitBytes', { splitBytes: 0 }, 'a whole number of bytes from 1 up'],
  ['cut', { cut: {} }, 'must be given an afterBytes or an afterMs'],
  [
    'cut.how',
    { cut: { afterBytes: 1, how: 'rst' } },
    "must be 'reset' or 'fin' or 'half-open', but it is \"rst\"",
  ],
  ['stall.afterBytes', { stall: { afterBytes: 1.5 } }, 'a whole number of bytes from 0 up'],
  ['stall.from', { stall: { afterBytes: 1, from: 'head' } }, "'start' or 'body'"],
  ['buffer', { buffer: {} }, 'given its untilBytes'],
  ['buffer', { buffer: 4096 }, 'an object'],
  ['corrupt', { corrupt: {} }, 'either an atByte or a probability'],
  ['corrupt', { corrupt: { probability: 0.1, with: 'x' } }, 'an atByte for its `with`'],
  ['corrupt[1].probability', { corrupt: [{ atByte: 1 }, { probability: 2 }] }, 'a probability from 0 to 1'],
  ['refuse', { refuse: 1 }, 'true or false'],
  ['request.latencyMs', { request: { latencyMs: 'x' } }, 'a number of milliseconds'],
  [
    'request.refuse',
    { request: { refuse: true } },
    'There is no fault request.refuse. Known here are corrupt,',
  ],
  ['delayMs', { delayMs: 1 }, 'There is no fault delayMs.'],
  ['constructor', { constructor: 1 }, 'There is no fault constructor.'],
])('%s that makes no sense is refused: %j', (field, faults, message) => {
  const check = (): void => checkFaults(faults as ConnectionFaults)
  expect(check).toThrow(message)
  try {
    check()
  } catch (error) {
    expect(isSseError<TestingErrorCode>(error, 'invalid-option') && error.field).toBe(field)
  }
})

it('accepts every fault, and none', () => {
  const all: ConnectionFaults = {
    corrupt: [{ atByte: 0, with: 'x', from: 'body' }, { probability: 0.5 }],
    buffer: { untilBytes: 1, once: true, flushAtEnd: false },
    latencyMs: 0.5,
    jitterMs: 1,
    bandwidthBytes: 1,
    splitBytes: [1, 1],
    stall: { afterMs: 1 },
    cut: { afterBytes: 0, afterMs: 1, from: 'start', how: 'half-open' },
    request: { splitBytes: 1, cut: undefined },
    refuse: false,
    neverAnswer: false,
  }
  checkPlan([all, undefined, {}])
  checkPlan(undefined)
})

it('looks into each entry of a list', () => {
  expect(() => checkPlan([{}, { latencyMs: -1 }] as FaultPlan)).toThrow('latencyMs')
})
