import type { Traffic } from '@sse/client'

/** What came, on one line. Bytes on the wire are named where they are others. */
export function describeTraffic(
  events: number,
  { bytes, wireBytes, unknownBytes }: Omit<Traffic, 'fetch'>,
): string {
  const came = `${count(events, 'event')}, ${count(bytes, 'byte')}`
  if (unknownBytes > 0) return `${came}; how many on the wire is unknown`
  if (wireBytes === bytes) return `${came}, not compressed`
  return `${came}, compressed to ${wireBytes.toLocaleString('en')} on the wire (${(bytes / wireBytes).toFixed(1)} : 1)`
}

function count(number: number, thing: string): string {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`
}
