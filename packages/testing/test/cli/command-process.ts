// One of the commands below, as a process of its own: `node command-process.ts load http://…`.
import { Command } from 'commander'
import { loadCommand } from '../../src/cli/load-command.ts'
import { recordCommand } from '../../src/cli/record-command.ts'
import { replayCommand } from '../../src/cli/replay-command.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
  exit(code: number) {
    process.exitCode = code
  },
}
await new Command()
  .addCommand(loadCommand(io))
  .addCommand(recordCommand(io))
  .addCommand(replayCommand(io))
  .parseAsync()
