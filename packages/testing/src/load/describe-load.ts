import type { Percentiles } from './durations.ts'
import type { ConnectionCounts, LoadProgress, LoadReport } from './load-report.ts'

/** One line. */
export function describeProgress(progress: LoadProgress): string {
  const { elapsedMs, started, clients, connections, eventsPerSecond, bytesPerSecond } = progress
  const share = started < clients ? `${started} of ${clients} started, ` : ''
  return `${seconds(elapsedMs)}  ${share}${counts(connections)}  ${perSecond(eventsPerSecond, bytesPerSecond)}`
}

/** The report, for people. */
export function describeLoad(report: LoadReport): string {
  const { connections, delivery, latencyBelowZero } = report
  const lines: [string, string][] = [
    ['', `${report.clients} clients on ${report.url}, ${seconds(report.elapsedMs)}`],
    ['connections', `${number(connections.opened)} opened, ${counts(connections)}`],
    ...Object.entries(report.reasons).map(([reason, count]): [string, string] => [
      '',
      `${number(count)} × ${reason}${HINTS[reason] ?? ''}`,
    ]),
    ['events', `${number(report.events)}, ${perSecond(report.eventsPerSecond, report.bytesPerSecond)}`],
    ['connect', percentiles(report.connectMs, 'nobody got a stream')],
    ['spread', percentiles(report.spreadMs, 'unknown: no id came to two clients')],
    [
      'latency',
      percentiles(
        report.latencyMs,
        'unknown: no event says when it was sent (JSON data with "sentAt" or "at", in ms since 1970)',
      ),
    ],
    ['delivery', describeDelivery(delivery)],
    ...delivery.examples.map(({ kind, id, client }): [string, string] => [
      '',
      `client ${client}: ${JSON.stringify(id)} is ${kind}`,
    ]),
  ]
  const warnings = [
    latencyBelowZero > 0 &&
      `${number(latencyBelowZero)} events came before they were sent: the clocks differ, and so does the latency.`,
    delivery.minority > 0 &&
      `${number(delivery.minority)} ids came to fewer than half of the clients: not meant for all, or lost by most.`,
    delivery.unchecked > 0 &&
      `${number(delivery.unchecked)} clients fell so far behind that they were no longer checked.`,
    report.busy > BUSY &&
      `This tool was busy for ${Math.round(report.busy * 100)} % of the time: it measured itself, too. Use fewer clients, or several machines.`,
  ]
  return [
    ...lines.map(([name, text]) => `${name.padEnd(13)}${text}`),
    ...warnings.filter((warning) => warning !== false).map((warning) => `! ${warning}`),
    '',
  ].join('\n')
}

/** From here on, what waits in the tool's own queue is a good part of what it measures. */
const BUSY = 0.85

const HINTS: Readonly<Record<string, string>> = {
  EMFILE: ' (this process may open no more files: ulimit -n)',
  EADDRNOTAVAIL: ' (this machine has no more ports to that address)',
}

function describeDelivery({
  distinct,
  shared,
  missing,
  doubled,
  faultyClients,
  withoutId,
}: LoadReport['delivery']): string {
  const unnamed = withoutId > 0 ? `; ${number(withoutId)} events had no id and were not checked` : ''
  if (distinct === 0) return `not checked: no event had an id${unnamed && ` (${number(withoutId)} events)`}`
  if (shared === 0) return `${number(doubled)} doubled; missing: unknown, no id came to two clients${unnamed}`
  const found = `${number(missing)} missing, ${number(doubled)} doubled`
  return `${found} of ${number(distinct)} ids${faultyClients > 0 ? `, at ${number(faultyClients)} clients` : ''}${unnamed}`
}

function counts({ open, failed, closed }: ConnectionCounts): string {
  return `${number(open)} open, ${number(failed)} failed, ${number(closed)} closed`
}

function perSecond(events: number, bytes: number): string {
  return `${number(Math.round(events))} events/s, ${size(bytes)}/s`
}

function percentiles(found: Percentiles | undefined, otherwise: string): string {
  if (found === undefined) return otherwise
  const { p50, p90, p99, max } = found
  return `p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)}`
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : number(Math.round(value))} ms`
}

function seconds(value: number): string {
  return `${(value / 1_000).toFixed(1)} s`
}

function size(bytes: number): string {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  return bytes >= 1e3 ? `${(bytes / 1e3).toFixed(1)} kB` : `${Math.round(bytes)} B`
}

function number(value: number): string {
  return value.toLocaleString('en')
}
