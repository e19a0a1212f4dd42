import { Command, type OutputConfiguration } from 'commander'
import type { CliIo } from './cli-io.ts'
import { faultProxyCommand } from './fault-proxy-command.ts'
import { loadCommand } from './load-command.ts'
import { recordCommand } from './record-command.ts'
import { replayCommand } from './replay-command.ts'

/** The command line of the package: `sse-testing <command>`. */
export function program(io: CliIo, version: string): Command {
  const output: OutputConfiguration = {
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    getOutHasColors: () => io.stdout.isTTY ?? false,
  }
  const root = new Command('sse-testing')
    .description('Break, watch and test event streams (Server-Sent Events) from the command line.')
    .version(version)
    .configureOutput(output)
    .showHelpAfterError('See it with --help.')
  for (const command of [faultProxyCommand(io), loadCommand(io), recordCommand(io), replayCommand(io)]) {
    root.addCommand(command.copyInheritedSettings(root))
  }
  return root
}
