import type { OutgoingEvent } from '../server/outgoing-event.ts'

const SYMBOLS = ['ACME', 'GLOBEX', 'INITECH', 'UMBRELLA', 'HOOLI', 'STARK']
const VENUES = ['XNYS', 'XNAS', 'BATS', 'IEXG']

/** What every event's data begins with: the reader checks the order by it. */
export function beginningOf(n: number): string {
  return `{"n":${n},`
}

/**
 * The `n`th event: trades as JSON, `dataLength` characters or a few more. The same for all contenders, because chance is made of `n`;
 * names and keys come again as they do in real feeds, numbers do not.
 */
export function jsonEvent(n: number, dataLength: number): OutgoingEvent {
  let state = Math.imul(n, 0x9e3779b1)
  const chance = (below: number): number => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) + 0x6d2b79f5
    return (state >>> 1) % below
  }
  const pick = (names: readonly string[]): string => names[chance(names.length)] as string
  let data = `${beginningOf(n)}"symbol":"${pick(SYMBOLS)}","price":${(100 + chance(10_000) / 100).toFixed(2)},"legs":[`
  for (let legs = 0; data.length < dataLength - 3 || legs === 0; legs++) {
    const leg = `{"venue":"${pick(VENUES)}","quantity":${chance(5_000)},"order":"${chance(2 ** 30).toString(36)}"}`
    // A leg that is too long for what is left is cut down to its quantity.
    const left = dataLength - data.length - 3
    data += `${legs === 0 ? '' : ','}${leg.length <= left || legs === 0 ? leg : chance(10 ** Math.min(9, Math.max(1, left)))}`
  }
  return { id: String(n), data: `${data}]}` }
}
