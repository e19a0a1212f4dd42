import { expect, it } from 'vitest'
import { acceptsGzip } from './accept-encoding.ts'

it.each([
  'gzip',
  'GZip',
  'gzip, deflate, br, zstd',
  'br;q=1.0, gzip;q=0.8, *;q=0.1',
  ' gzip ; q=0.001',
  'x-gzip',
  '*',
  'identity;q=0.5, gzip;q=0.5',
  'identity;q=0, *',
  'gzip, *;q=0',
])('an Accept-Encoding of %j asks for gzip', (header) => {
  expect(acceptsGzip(header)).toBe(true)
})

it.each([
  undefined,
  '',
  'br',
  'identity',
  'gzip;q=0',
  'gzip;q=0.000, br',
  'gzip;q=0, *',
  '*;q=0',
  'identity, gzip;q=0.9',
  'identity;q=0.6, *;q=0.5',
  // What cannot be read is not taken for consent.
  'gzip;q=2',
  'gzip;q=0.1234',
  'gzip;q=-1',
  'gzip;level=9',
  'gzipped',
])('an Accept-Encoding of %j does not', (header) => {
  expect(acceptsGzip(header)).toBe(false)
})
