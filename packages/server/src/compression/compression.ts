import { serverError } from '../errors.ts'

/** `'auto'`: compressed with gzip for clients that accept it. `false`: never. */
export type Compression = 'auto' | false

/** @throws SseError `invalid-option` */
export function checkCompression(value: Compression | undefined): Compression | undefined {
  if (value === undefined || value === 'auto' || value === false) return value
  throw serverError('invalid-option', `compression must be 'auto' or false, but it is ${String(value)}.`, {
    field: 'compression',
  })
}
