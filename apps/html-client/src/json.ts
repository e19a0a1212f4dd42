/**
 * Reads a JSON object whose field names are expected but whose values are not trusted: each has to be checked before
 * it is used. Text that is not a JSON object gives undefined.
 */
export function parseObject<Name extends string>(text: string): Partial<Record<Name, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The text with line breaks and indentation if it is JSON, otherwise as it came. */
export function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
