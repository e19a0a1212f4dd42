import type { Command } from 'commander'

/**
 * Ends the command with one sentence where the system said no: no such file, nobody there, a port that is taken. Whatever else goes
 * wrong is thrown on: it is ours, or a bug, and `main.ts` knows the difference.
 */
export async function orTell(command: Command, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    const said = systemError(error) ?? systemError((error as { readonly cause?: unknown } | undefined)?.cause)
    if (said === undefined) throw error
    command.error(`error: ${said}`)
  }
}

/** Node's own errors have a code and the call that failed; the client behind `fetch` names its own UND_ERR. */
function systemError(error: unknown): string | undefined {
  const { code, syscall, message } = (error ?? {}) as NodeJS.ErrnoException
  if (typeof code !== 'string' || (syscall === undefined && !code.startsWith('UND_ERR'))) return undefined
  return message || code
}
