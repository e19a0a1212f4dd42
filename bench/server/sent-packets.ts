import { existsSync, readFileSync } from 'node:fs'

const COUNTERS = '/proc/net/snmp'

/**
 * TCP segments that this machine has sent, on all of its connections; `NaN` where Linux does not count them.
 *
 * An event that travels alone costs two: itself and its acknowledgement. Fewer means that several travelled together,
 * which is why this is shown: it saves more processor time than anything that a server does.
 */
export function countSentPackets(): number {
  if (!existsSync(COUNTERS)) return Number.NaN
  const [names = [], values = []] = readFileSync(COUNTERS, 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '))
  return Number(values[names.indexOf('OutSegs')])
}
