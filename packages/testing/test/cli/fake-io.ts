import type { Command } from 'commander'
import type { CliIo } from '../../src/cli/cli-io.ts'

export interface Run {
  readonly out: string
  readonly err: string
  readonly code: number
}

export interface RunOptions {
  readonly isTTY?: boolean
  readonly signal?: AbortSignal
}

/** Runs a command in this process, as the shell would, and keeps what it writes. */
export async function run(
  command: (io: CliIo) => Command,
  args: readonly string[],
  { isTTY = false, signal = new AbortController().signal }: RunOptions = {},
): Promise<Run> {
  let [out, err, code] = ['', '', 0]
  const io: CliIo = {
    stdout: {
      isTTY,
      write: (text) => {
        out += text
      },
    },
    stderr: {
      write: (text) => {
        err += text
      },
    },
    signal,
    exit: (set) => {
      code = set
    },
  }
  const made = command(io)
    .exitOverride()
    .configureOutput({ writeOut: io.stdout.write, writeErr: io.stderr.write })
  await made.parseAsync(args, { from: 'user' })
  return { out, err, code }
}
