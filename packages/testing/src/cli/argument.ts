import { InvalidArgumentError } from 'commander'

/** Makes a parser of whole numbers for an option. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`Give a whole number ${between(min, max)}.`)
    return value
  }
}

/** Makes a parser of a whole number, or of a range such as `10..500`, for an option. */
export function numberOrRange(min: number): (text: string) => readonly [min: number, max: number] {
  const number = wholeNumber(min)
  return (text) => {
    const [low = '', high = low, ...more] = text.split('..')
    const range = [number(low), number(high)] as const
    if (more.length > 0 || range[0] > range[1]) {
      throw new InvalidArgumentError(
        'Give a number, or a range with the smaller number first, such as 10..500.',
      )
    }
    return range
  }
}

/** Parses a probability for an option. */
export function probability(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('Give a number from 0 to 1.')
  return value
}

function between(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`
}
