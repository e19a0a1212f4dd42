import { writeFile } from 'node:fs/promises'
import { isSseError } from '@sse/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  type ConformanceReport,
  conformServer,
  REQUIREMENT_LEVELS,
  type RequirementLevel,
} from '../conformance/index.ts'
import type { CliIo } from './cli-io.ts'

interface ConformFlags {
  readonly json?: true
  readonly junit?: string
  readonly header: Readonly<Record<string, string>>
  readonly method?: string
  readonly body?: string
  readonly observe?: number
  readonly timeout?: number
  readonly triggerUrl?: string
  readonly origin?: string
  readonly credentials?: true
  readonly http2?: true
  readonly only?: readonly string[]
  readonly failOn: RequirementLevel
}

/** `conform <url>`: what the server there does right and wrong. Exit code 1 if a rule is broken that must be kept, 2 if it could not be tried. */
export function conformCommand(io: CliIo): Command {
  return new Command('conform')
    .description('Try a server of event streams on the rules of WHATWG HTML §9.2 and of HTTP')
    .argument('<url>', 'of an event stream')
    .option('--json', 'print the report as JSON')
    .option('--junit <file>', 'write the report as JUnit XML, too')
    .option('--header <name: value>', 'sent with every request; may be repeated', addHeader, {})
    .option('--method <method>', 'of the request (default: GET)')
    .option('--body <text>', 'of the request')
    .option(
      '--observe <ms>',
      'how long one stream is looked at (default: 2000; pings are judged from 17000 on)',
      milliseconds,
    )
    .option('--timeout <ms>', 'how long an answer may take (default: 2000)', milliseconds)
    .option('--trigger-url <url>', 'a POST to it makes an event come')
    .option('--origin <origin>', 'another origin that must be able to read the stream')
    .option('--credentials', 'that origin sends credentials')
    .option('--http2', 'the server speaks HTTP/2 at an http: URL')
    .option('--only <names...>', 'the names of the cases to run')
    .addOption(
      new Option('--fail-on <level>', 'exit with 1 when a rule of this level is broken, or of a stricter one')
        .choices([...REQUIREMENT_LEVELS])
        .default('must'),
    )
    .action(async (url: string, flags: ConformFlags) => io.exit(await conform(io, url, flags)))
}

async function conform(io: CliIo, url: string, flags: ConformFlags): Promise<number> {
  try {
    const report = await stoppable(
      io.signal,
      conformServer(url, {
        headers: flags.header,
        method: flags.method,
        body: flags.body,
        observeMs: flags.observe,
        timeoutMs: flags.timeout,
        trigger: flags.triggerUrl,
        origin: flags.origin,
        credentials: flags.credentials,
        http2: flags.http2,
        only: flags.only,
      }),
    )
    if (report === undefined) return 130
    if (flags.junit !== undefined) await writeFile(flags.junit, report.junit())
    io.stdout.write(
      flags.json ? `${JSON.stringify(report, null, 2)}\n` : report.text({ colors: io.stdout.isTTY }),
    )
    return report.exitCode(flags.failOn)
  } catch (error) {
    // An option, or the file of the report: other errors are bugs.
    const isOfUser =
      isSseError<string>(error, 'invalid-option') || (error as NodeJS.ErrnoException).syscall === 'open'
    if (!isOfUser) throw error
    io.stderr.write(`error: ${(error as Error).message}\n`)
    return 2
  }
}

/** `undefined` when the user stops it: what it has open goes with the process. */
async function stoppable(
  signal: AbortSignal,
  running: Promise<ConformanceReport>,
): Promise<ConformanceReport | undefined> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<undefined>()
  const onAbort = (): void => stop(undefined)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([running, stopped])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function addHeader(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([^:]+):\s*(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It is given as "name: value".')
  return { ...before, [name]: value }
}

function milliseconds(text: string): number {
  const ms = Number(text)
  if (!Number.isFinite(ms) || ms <= 0)
    throw new InvalidArgumentError('It is a number of milliseconds above 0.')
  return ms
}
