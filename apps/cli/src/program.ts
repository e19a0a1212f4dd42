import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { benchCommand } from './bench-command.ts'
import { checkCommand } from './check-command.ts'
import { doctorCommand } from './doctor/doctor-command.ts'
import { EXIT } from './exit-code.ts'
import { menuCommand } from './menu-command.ts'
import { sendCommand } from './send-command.ts'
import { tailCommand } from './tail-command.ts'
import type { Terminal } from './terminal.ts'

/** The command `sse`, with all of its commands. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('sse')
    .description('Event streams in a terminal.')
    .version(manifest.version)
    .showHelpAfterError('(sse --help tells more)')
  const commands = [
    tailCommand(terminal),
    sendCommand(terminal),
    benchCommand(terminal),
    doctorCommand(terminal),
    checkCommand(terminal),
    menuCommand(terminal, async (args, until) => {
      await createProgram(until).parseAsync(args, { from: 'user' })
    }),
  ]
  for (const command of commands) program.addCommand(command)
  // Its own code for misuse is 1, which scripts take for "the answer is no".
  for (const command of [program, ...program.commands])
    command.exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage))
  return program
}
