import { type Command, Option } from 'commander'
import type { ConnectionFaults, CutKind, FaultPlan } from '../faults/fault-plan.ts'
import { numberOrRange, probability, wholeNumber } from './argument.ts'

type Range = readonly [min: number, max: number]

/** The faults, as the command line has them. */
export interface FaultFlags {
  readonly latency?: number
  readonly jitter?: number
  readonly bandwidth?: number
  readonly split?: Range
  readonly buffer?: number
  readonly corrupt?: number
  readonly cutAfter?: Range
  readonly cutAfterMs?: Range
  readonly reset?: true
  readonly fin?: true
  readonly halfOpen?: true
  readonly stallAfter?: Range
  readonly stallAfterMs?: Range
  readonly fromBody?: true
  readonly refuse?: true
  readonly neverAnswer?: true
  readonly chance?: number
}

/** Adds the options that make {@link FaultFlags}. */
export function addFaultOptions(command: Command): Command {
  return command
    .option('--latency <ms>', 'the response arrives so much later', wholeNumber(0))
    .option('--jitter <ms>', 'each chunk up to so much later still, in order', wholeNumber(0))
    .option('--bandwidth <bytes>', 'so many bytes of the response a second', wholeNumber(1))
    .option('--split <bytes>', 'writes of so many bytes; 1 is byte by byte', numberOrRange(1))
    .option(
      '--buffer <bytes>',
      'passes blocks of so many bytes only, as a buffering reverse proxy does',
      wholeNumber(1),
    )
    .option('--corrupt <probability>', 'flips a bit in each byte with this probability', probability)
    .option(
      '--cut-after <bytes>',
      'breaks the connection after so many bytes of the response',
      numberOrRange(0),
    )
    .option('--cut-after-ms <ms>', 'breaks the connection so long after it was made', numberOrRange(0))
    .addOption(new Option('--reset', 'cuts by a reset (RST); the default').conflicts(['fin', 'halfOpen']))
    .addOption(new Option('--fin', 'cuts by an orderly end (FIN)').conflicts(['reset', 'halfOpen']))
    .addOption(new Option('--half-open', 'cuts without telling the client').conflicts(['reset', 'fin']))
    .option(
      '--stall-after <bytes>',
      'passes nothing more after so many bytes of the response',
      numberOrRange(0),
    )
    .option(
      '--stall-after-ms <ms>',
      'passes nothing more so long after the connection was made',
      numberOrRange(0),
    )
    .option('--from-body', 'counts bytes from the start of the body, not of the head')
    .option('--refuse', 'resets connections as soon as they are made')
    .option('--never-answer', 'takes connections and requests, and never answers')
    .option('--chance <probability>', 'has faults for this part of the connections only', probability)
}

/** What makes no sense together, as a sentence for the user. */
export function mistakeIn(flags: FaultFlags): string | undefined {
  const cuts = flags.cutAfter !== undefined || flags.cutAfterMs !== undefined
  const how = flags.reset ? '--reset' : flags.fin ? '--fin' : flags.halfOpen ? '--half-open' : undefined
  if (how !== undefined && !cuts)
    return `${how} says how to cut: add --cut-after or --cut-after-ms, which say when.`
  const counts = flags.cutAfter !== undefined || flags.stallAfter !== undefined || flags.corrupt !== undefined
  if (flags.fromBody && !counts) {
    return '--from-body says from where bytes are counted: add --cut-after, --stall-after or --corrupt.'
  }
  return undefined
}

/** Draws a number from each range anew for each connection. */
export function planOf(flags: FaultFlags): FaultPlan {
  return ({ random }) => {
    if (flags.chance !== undefined && random() >= flags.chance) return undefined
    return connectionFaults(flags, (range) => {
      const [min, max] = range ?? []
      return min === undefined || max === undefined ? undefined : min + Math.floor(random() * (max - min + 1))
    })
  }
}

function connectionFaults(
  flags: FaultFlags,
  drawn: (range: Range | undefined) => number | undefined,
): ConnectionFaults {
  const from = flags.fromBody ? 'body' : 'start'
  const how: CutKind = flags.fin ? 'fin' : flags.halfOpen ? 'half-open' : 'reset'
  const cut = { afterBytes: drawn(flags.cutAfter), afterMs: drawn(flags.cutAfterMs), from, how } as const
  const stall = { afterBytes: drawn(flags.stallAfter), afterMs: drawn(flags.stallAfterMs), from } as const
  return {
    latencyMs: flags.latency,
    jitterMs: flags.jitter,
    bandwidthBytes: flags.bandwidth,
    splitBytes: flags.split,
    buffer: flags.buffer === undefined ? undefined : { untilBytes: flags.buffer },
    corrupt: flags.corrupt === undefined ? undefined : { probability: flags.corrupt, from },
    cut: cut.afterBytes === undefined && cut.afterMs === undefined ? undefined : cut,
    stall: stall.afterBytes === undefined && stall.afterMs === undefined ? undefined : stall,
    refuse: flags.refuse,
    neverAnswer: flags.neverAnswer,
  }
}
