import { describeLoad, describeProgress, load } from '@sse/testing/node'
import { Command } from 'commander'
import { EXIT } from './exit-code.ts'
import { durationOption, headerOption, parseUrl, wholeNumber } from './request-options.ts'
import type { Terminal } from './terminal.ts'

interface BenchOptions {
  readonly clients: number
  readonly duration: number
  readonly header: Readonly<Record<string, string>>
  readonly reconnect?: boolean
  readonly json?: boolean
}

/** `sse bench`: many clients on one stream, and what they got and missed. */
export function benchCommand(terminal: Terminal): Command {
  return new Command('bench')
    .description(
      'Puts many clients on a stream: connections, events a second, latency, what is missing or came twice.',
    )
    .argument('<url>', 'where the stream is', parseUrl)
    .option('-c, --clients <number>', 'how many', wholeNumber(1), 100)
    .addOption(durationOption('--duration <duration>', 'for how long, as 30s'))
    .addOption(headerOption())
    .option('--reconnect', 'comes back with Last-Event-ID when a stream ends, and checks what that brings')
    .option('--json', 'the report as JSON')
    .addHelpText('after', '\nThe exit code is 1 if an attempt failed, or an event was missing or came twice.')
    .action(async (url: URL, { clients, duration, header, reconnect, json }: BenchOptions) => {
      const report = await load({
        url,
        clients,
        durationMs: duration,
        headers: header,
        reconnect,
        signal: terminal.signal,
        onProgress: json ? undefined : (progress) => terminal.progress(describeProgress(progress)),
      })
      if (!json) terminal.progress('')
      await terminal.out(json ? `${JSON.stringify(report, undefined, 2)}\n` : describeLoad(report))
      if (!report.ok) terminal.exit(EXIT.failed)
    })
}
