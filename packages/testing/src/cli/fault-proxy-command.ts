import { once } from 'node:events'
import { styleText } from 'node:util'
import { Command } from 'commander'
import { faultProxy } from '../faults/fault-proxy.ts'
import type { ProxyHappening } from '../faults/happening.ts'
import { wholeNumber } from './argument.ts'
import type { CliIo } from './cli-io.ts'
import { lineOf } from './fault-lines.ts'
import { addFaultOptions, type FaultFlags, mistakeIn, planOf } from './fault-options.ts'

interface Flags extends FaultFlags {
  readonly target: string
  readonly port: number
  readonly host: string
  readonly seed?: number
  readonly rewriteHost?: boolean
  readonly insecure?: true
}

const EXAMPLES = `
Examples:
  Does my client come back, and with what it missed? Each connection breaks within its first 4 kB:
    $ npx @sse/testing fault-proxy --target http://localhost:3000 --port 8080 --cut-after 100..4096
  A slow, shaky line, byte by byte:
    $ npx @sse/testing fault-proxy --target http://localhost:3000 --port 8080 --latency 200 --jitter 100 --bandwidth 1024 --split 1
  Does my client notice silence? One connection in three falls silent after a second, its TCP connection stays open:
    $ npx @sse/testing fault-proxy --target http://localhost:3000 --port 8080 --stall-after-ms 1000 --chance 0.33
  A reverse proxy that buffers:
    $ npx @sse/testing fault-proxy --target https://example.com --port 8080 --buffer 4096

Where a number may be a range (--cut-after, --stall-after, their -ms, --split), each connection, or write, draws its own.
Bytes are counted as on the wire, headers and chunked framing included. Ctrl-C ends it, with exit code 0.`

/** `sse-testing fault-proxy`: a server behind a network that breaks. */
export function faultProxyCommand(io: CliIo): Command {
  const command = new Command('fault-proxy')
    .description(
      'Put a server behind a network that breaks: slow, split, cut, silent, as you say, and the same again by its seed.',
    )
    .requiredOption('--target <url>', 'the server, such as http://localhost:3000 or tcp://localhost:6379')
    .option('--port <port>', 'the port to listen on; 0 is any that is free', wholeNumber(0, 65_535), 0)
    .option(
      '--host <address>',
      'the address to listen on; 0.0.0.0 is reached from other machines',
      '127.0.0.1',
    )
    .option('--seed <number>', 'does the same again as an earlier run with this seed', wholeNumber(0))
    .option('--rewrite-host', 'names the target in the Host of requests; the default for https targets')
    .option('--no-rewrite-host', 'leaves requests as they are')
    .option('--insecure', 'takes any certificate of an https target')
  return addFaultOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      const mistake = mistakeIn(flags)
      if (mistake !== undefined) command.error(`error: ${mistake}`)
      await run(flags, io)
    })
}

async function run(flags: Flags, io: CliIo): Promise<void> {
  const { target, port, host, seed = Math.floor(Math.random() * 2 ** 32), rewriteHost, insecure } = flags
  const print = (line: string): unknown => io.stdout.write(`${line}\n`)
  await using proxy = await faultProxy({
    target,
    port,
    host,
    seed,
    rewriteHost,
    faults: planOf(flags),
    tls: insecure ? { rejectUnauthorized: false } : undefined,
    observe: (happening) => print(io.stdout.isTTY ? coloured(happening) : lineOf(happening)),
  })
  print(`Listening on ${proxy.url}, in front of ${target}. The same again: --seed ${seed}`)
  if (!io.signal.aborted) await once(io.signal, 'abort')
  await proxy.close()
  print(String(proxy))
}

function coloured(happening: ProxyHappening): string {
  const line = lineOf(happening)
  if (happening.type === 'unreachable') return styleText('red', line)
  return happening.type === 'fault' ? styleText('yellow', line) : styleText('dim', line)
}
