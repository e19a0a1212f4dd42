import { InvalidArgumentError } from 'commander'

// What options mean, for commander: an error of this kind is told with the option's name, and ends the command.

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `500ms`, `30s`, `1.5m`, `2h`: in milliseconds. */
export function duration(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (factor === undefined) throw new InvalidArgumentError('Write a duration as 500ms, 30s, 2m or 1h.')
  return Number(number) * factor
}

/** One of several `-H 'name: value'`. */
export function header(text: string, former: readonly [string, string][] = []): [string, string][] {
  const [, name = '', value = ''] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? []
  try {
    new Headers([[name, value]])
  } catch {
    throw new InvalidArgumentError("Write a header as 'name: value'.")
  }
  return [...former, [name, value]]
}

/** `10`, `0.5`, or `max` for no wait at all. */
export function speed(text: string): number {
  const factor = text === 'max' ? Number.POSITIVE_INFINITY : Number(text)
  if (!(factor > 0)) throw new InvalidArgumentError('Write a number above 0, or max.')
  return factor
}
