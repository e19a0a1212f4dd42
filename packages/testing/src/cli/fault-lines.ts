import type { ConnectionFaults, FaultPlace } from '../faults/fault-plan.ts'
import type { FaultEvent, ProxyHappening } from '../faults/happening.ts'

/** One line about what a proxy did, without its end. */
export function lineOf(happening: ProxyHappening): string {
  const { connection } = happening
  return `#${connection.index} ${said(happening)}`
}

function said(happening: ProxyHappening): string {
  const { requestBytes, responseBytes, faults } = happening.connection
  switch (happening.type) {
    case 'opened':
      return `opened: ${faultsInWords(faults)}`
    case 'closed':
      return `closed: ${requestBytes} bytes of requests, ${responseBytes} of responses`
    case 'unreachable':
      return `reset, since the target does not answer: ${reasonOf(happening.error)}`
    case 'fault':
      return doneInWords(happening)
  }
}

/** When each address of a name fails, Node's error has a code, but no message. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return error.message || error.code || error.name
}

function doneInWords(event: FaultEvent): string {
  switch (event.fault) {
    case 'refuse':
      return 'reset as soon as it was made'
    case 'never-answer':
      return 'gets no answer'
    case 'stall':
      return `stalled the ${event.direction}`
    case 'cut':
      return `cut the ${event.direction} (${event.how})`
    case 'corrupt':
      return `damaged byte ${event.position} of the ${event.direction}`
    case 'drop':
      return `dropped ${event.bytes} bytes of the ${event.direction}`
  }
}

/** What is planned for a connection. */
function faultsInWords(faults: ConnectionFaults): string {
  if (faults.refuse) return 'refuse'
  if (faults.neverAnswer) return 'never answer'
  const { latencyMs, jitterMs, bandwidthBytes, splitBytes, buffer, corrupt, cut, stall } = faults
  const words = [
    latencyMs && `latency ${latencyMs} ms`,
    jitterMs && `jitter ${jitterMs} ms`,
    bandwidthBytes && `${bandwidthBytes} bytes a second`,
    splitBytes && `writes of ${[...new Set([splitBytes].flat())].join(' to ')} bytes`,
    buffer && `blocks of ${buffer.untilBytes} bytes`,
    corrupt && 'damaged bytes',
    stall && `stall ${placeInWords(stall)}`,
    cut && `cut ${placeInWords(cut)} (${cut.how ?? 'reset'})`,
  ]
  return words.filter((word) => typeof word === 'string').join(', ') || 'no faults'
}

function placeInWords({ afterBytes, afterMs, from }: FaultPlace): string {
  const bytes =
    afterBytes !== undefined && `after ${afterBytes} bytes${from === 'body' ? ' of the body' : ''}`
  const time = afterMs !== undefined && `after ${afterMs} ms`
  return [bytes, time].filter((word) => word !== false).join(' or ')
}
