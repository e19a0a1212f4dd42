import { Command, Option } from 'commander'
import { capture } from '../transcript/capture.ts'
import type { TranscriptRecord } from '../transcript/transcript.ts'
import { saveTranscript } from '../transcript/transcript-file.ts'
import { formatRecord } from '../transcript/transcript-lines.ts'
import type { CliIo } from './cli-io.ts'
import { duration, header } from './option-values.ts'
import { orTell } from './or-tell.ts'

interface RecordOptions {
  readonly output?: string
  readonly header?: [string, string][]
  readonly for?: number
  readonly saveHeader?: string[]
  readonly saveQuery?: true
}

/** `sse-testing record <url>`: a stream into a file. */
export function recordCommand(io: CliIo): Command {
  return new Command('record')
    .description('Save an event stream with its timing, to replay it later.')
    .argument('<url>', 'where the stream is')
    .option('-o, --output <file>', 'the file to write; default: standard output')
    .addOption(
      new Option('-H, --header <header>', "a header of the request, as 'name: value'").argParser(header),
    )
    .option(
      '--for <duration>',
      'stop after so long, as 30s; default: at the end of the stream, or Ctrl-C',
      duration,
    )
    .option('--save-header <names...>', 'save these headers of the request, too; none are by default')
    .option('--save-query', 'save the values of query parameters, too; they are replaced by default')
    .action((url: string, options: RecordOptions, command: Command) =>
      orTell(command, record(io, url, options)),
    )
}

async function record(io: CliIo, url: string, options: RecordOptions): Promise<void> {
  let status = 0
  let chunks = 0
  let bytes = 0
  let end = ''
  const onRecord = (told: TranscriptRecord): void => {
    if (told.kind === 'head') {
      status = told.head.status
    } else if (told.kind === 'chunk') {
      chunks++
      bytes += told.chunk.bytes.byteLength
    } else {
      const { atMs, reason, error } = told.end
      end = `${reason} after ${(atMs / 1_000).toFixed(1)} s${error === undefined ? '' : ` (${error})`}`
    }
  }
  const captured = {
    signal: io.signal,
    durationMs: options.for,
    headers: options.header,
    saveRequestHeaders: options.saveHeader,
    saveQuery: options.saveQuery,
  }
  if (options.output !== undefined) {
    await saveTranscript(url, options.output, { ...captured, onRecord })
  } else {
    for await (const told of capture(url, captured)) {
      io.stdout.write(formatRecord(told))
      onRecord(told)
    }
  }
  io.stderr.write(`status ${status}, ${chunks} chunks, ${bytes} bytes: ${end}\n`)
}
