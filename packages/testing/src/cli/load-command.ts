import { type Clock, systemClock } from '@sse/core'
import { Command, Option } from 'commander'
import { describeLoad, describeProgress } from '../load/describe-load.ts'
import { type LoadOptions, load } from '../load/load.ts'
import type { LoadProgress } from '../load/load-report.ts'
import { wholeNumber } from './argument.ts'
import type { CliIo } from './cli-io.ts'
import { duration, header } from './option-values.ts'
import { orTell } from './or-tell.ts'

interface LoadCommandOptions {
  readonly clients?: number
  readonly duration?: number
  readonly ramp?: number
  readonly header?: [string, string][]
  readonly reconnect?: true
  readonly insecure?: true
  readonly json?: true
  readonly exitZero?: true
}

/** `sse-testing load <url>`: many clients on one stream, and a report of what they got. */
export function loadCommand(io: CliIo, clock: Clock = systemClock): Command {
  return new Command('load')
    .description('Put many clients on an event stream, and check what they get.')
    .argument('<url>', 'where the stream is')
    .option('-c, --clients <number>', 'how many; default 100', wholeNumber(1))
    .option('-d, --duration <duration>', 'how long all of them stay, as 30s; default 10s', duration)
    .option('--ramp <duration>', 'over what time they are started; default 1 ms for each', duration)
    .addOption(
      new Option('-H, --header <header>', "a header of the requests, as 'name: value'").argParser(header),
    )
    .option('--reconnect', 'come back with Last-Event-ID when a stream ends, and check what that brings')
    .option('--insecure', 'accept certificates that nobody vouches for')
    .option('--json', 'print the report as JSON')
    .option('--exit-zero', 'exit with 0 whatever was found')
    .addHelpText(
      'after',
      '\nExits with 1 when no stream could be opened, an attempt failed, or an event was missing or doubled.',
    )
    .action((url: string, options: LoadCommandOptions, command: Command) =>
      orTell(command, run(io, clock, url, options)),
    )
}

async function run(io: CliIo, clock: Clock, url: string, options: LoadCommandOptions): Promise<void> {
  const line = new ProgressLine(io)
  const settings: LoadOptions = {
    url,
    clients: options.clients,
    durationMs: options.duration,
    rampMs: options.ramp,
    headers: options.header,
    reconnect: options.reconnect,
    insecure: options.insecure,
    signal: io.signal,
    clock,
    // The report alone goes to whoever parses it.
    ...(!options.json && { onProgress: (progress) => line.show(progress) }),
  }
  const report = await load(settings)
  line.end()
  io.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : describeLoad(report))
  if (!report.ok && !options.exitZero) io.exit(1)
}

/** One line that is written over, where there is a terminal; else one line after the other. */
class ProgressLine {
  readonly #io: CliIo
  #isOpen = false

  constructor(io: CliIo) {
    this.#io = io
  }

  show(progress: LoadProgress): void {
    const text = describeProgress(progress)
    if (this.#io.stdout.isTTY) {
      // To the first column, and what is left of the former line goes.
      this.#io.stdout.write(`\r${text}\u001b[K`)
      this.#isOpen = true
    } else {
      this.#io.stdout.write(`${text}\n`)
    }
  }

  /** What comes next begins on a line of its own. */
  end(): void {
    if (this.#isOpen) this.#io.stdout.write('\n')
  }
}
