import { onAbort } from '@sse/core'
import { Command, Option } from 'commander'
import { replayServer } from '../transcript/replay-server.ts'
import { readTranscript } from '../transcript/transcript-file.ts'
import type { ReplayOptions } from '../transcript/transcript-script.ts'
import { wholeNumber } from './argument.ts'
import type { CliIo } from './cli-io.ts'
import { speed } from './option-values.ts'
import { orTell } from './or-tell.ts'

interface ReplayCommandOptions {
  readonly port?: number
  readonly speed?: number
  readonly end?: NonNullable<ReplayOptions['end']>
  readonly resume: boolean
  readonly cors?: true
}

/** `sse-testing replay <file>`: a recorded stream as a server. */
export function replayCommand(io: CliIo): Command {
  return new Command('replay')
    .description('Serve a recorded stream again, with its timing.')
    .argument('<file>', 'what `record` has written')
    .option('-p, --port <number>', 'default: any that is free', wholeNumber(0, 65_535))
    .option('-s, --speed <factor>', 'how many times as fast, or max; default 1', speed)
    .addOption(
      new Option('--end <how>', 'what comes after the last byte; default: as recorded').choices([
        'complete',
        'cut',
        'stall',
      ]),
    )
    .option('--no-resume', 'begin at the beginning, whatever Last-Event-ID says')
    .option('--cors', 'let pages of all origins read it')
    .action((file: string, options: ReplayCommandOptions, command: Command) =>
      orTell(command, replay(io, file, options)),
    )
}

/** Until Ctrl-C. */
async function replay(io: CliIo, file: string, options: ReplayCommandOptions): Promise<void> {
  const transcript = await readTranscript(file)
  await using server = await replayServer(transcript, options)
  const { chunks, end } = transcript
  io.stdout.write(`${server.url}\n`)
  io.stderr.write(`${chunks.length} chunks in ${(end.atMs / 1_000).toFixed(1)} s of ${transcript.url}\n`)
  await new Promise<void>((resolve) => void onAbort(io.signal, () => resolve()))
}
