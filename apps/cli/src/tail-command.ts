import {
  type ConnectionError,
  circuitBreaker,
  consecutiveFailures,
  createEventSource,
  measureTraffic,
} from '@sse/client'
import { parseGap } from '@sse/core'
import { Command, Option } from 'commander'
import { describeEvent } from './describe-event.ts'
import { describeHappening } from './describe-happening.ts'
import { describeTraffic } from './describe-traffic.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import {
  parseUrl,
  prepareRequest,
  type RequestOptions,
  wholeNumber,
  withRequestOptions,
} from './request-options.ts'
import { reasonOf } from './send-command.ts'
import type { Terminal } from './terminal.ts'

interface TailOptions extends RequestOptions {
  readonly type: readonly string[]
  readonly json?: boolean
  readonly comments?: boolean
  readonly count?: number
  readonly until?: string
  readonly reconnect: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Examples:
  sse tail localhost:8000/stream
  sse tail https://example.org/prices --type price --json | jq .data
  sse tail localhost:8000/v1/chat/completions -d @question.json --until '[DONE]'

Events go to standard output, one a line; what happens to the connection, and what came in all, to standard error. The exit code is curl's:
0 when the stream or the count is complete, 7 if there was no connection, 22 for an HTTP error, 130 after Ctrl-C.`

/** `sse tail`: follows a stream, over as many connections as it takes. */
export function tailCommand(terminal: Terminal): Command {
  return withRequestOptions(new Command('tail'))
    .description('Follows an event stream, and goes on after the last event when the connection breaks.')
    .argument('<url>', 'where the stream is', parseUrl)
    .option('--last-event-id <id>', 'goes on after this event')
    .addOption(
      new Option('-t, --type <type>', 'shows only events of this type; may be given more than once')
        .argParser(collect)
        .default([], 'all'),
    )
    .option('-n, --count <number>', 'ends after so many events', wholeNumber(1))
    .option('--until <data>', 'ends at the event with this data, such as [DONE]')
    .option('--json', 'one JSON object a line: at, type, data (parsed where it is JSON), lastEventId')
    .option('--comments', 'shows comments, too: pings and notes')
    .option('-q, --quiet', 'says nothing of the connection')
    .option('--no-reconnect', 'ends with the first connection')
    .addHelpText('after', EXAMPLES)
    .action((url: URL, options: TailOptions) => tail(url, options, terminal))
}

async function tail(url: URL, options: TailOptions, terminal: Terminal): Promise<void> {
  const { method, headers, body } = prepareRequest(options)
  const traffic = measureTraffic()
  const source = createEventSource(url, {
    fetch: traffic.fetch,
    method,
    headers,
    body,
    lastEventId: options.lastEventId,
    signal: terminal.signal,
    presence: false,
    maxAttempts: options.reconnect ? undefined : 1,
    circuitBreaker: circuitBreaker({ trip: consecutiveFailures(10), openMs: 30_000 }),
    until: options.until === undefined ? undefined : ({ data }) => data === options.until,
  })
  source.observe((happening) => {
    if (happening.type === 'comment' && options.comments)
      void terminal.out(`${terminal.paint('dim', `: ${happening.comment}`)}\n`)
    const note = options.quiet ? undefined : describeHappening(happening, url)
    if (note !== undefined) terminal.note(terminal.paint('dim', note))
  })

  let shown = 0
  try {
    for await (const event of source) {
      if (options.type.length > 0 && !options.type.includes(event.type)) continue
      // A gap was told as what it is; as an event it is for programs.
      if (!options.json && parseGap(event) !== undefined) continue
      await terminal.out(options.json ? toJsonLine(event) : describeEvent(event, new Date(), terminal))
      if (++shown === options.count) break
    }
  } catch {
    // Told as the state `closed`.
  }
  const { reason, error } = await source.closed
  if (!options.quiet && traffic.bytes > 0)
    terminal.note(terminal.paint('dim', describeTraffic(shown, traffic)))
  if (reason === 'failed') {
    const code = exitCodeOf(error)
    if (code !== EXIT.ok) terminal.note(`sse: ${explain(error)}`)
    terminal.exit(code)
  }
}

/** The last attempt's error says more than that there were too many, and the network's more than that it failed. */
function explain(error: ConnectionError | undefined): string {
  if (error?.code === 'too-many-attempts' && error.cause instanceof Error)
    return explain(error.cause as ConnectionError)
  const reason = error?.cause === undefined ? '' : ` (${reasonOf(error.cause)})`
  return `${error?.message}${reason}`
}

function toJsonLine({
  type,
  data,
  lastEventId,
}: {
  type: string
  data: string
  lastEventId: string
}): string {
  return `${JSON.stringify({ at: new Date().toISOString(), type, data: parsed(data), lastEventId })}\n`
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}

function collect(value: string, values: readonly string[]): readonly string[] {
  return [...values, value]
}
