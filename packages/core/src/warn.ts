/** What runtimes offer to tell of an error that nobody handled. */
declare const process: undefined | { emitWarning?: (warning: Error) => void }
declare const reportError: undefined | ((error: unknown) => void)

/**
 * Tells of an error that has no one to go to: as a process warning in Node, Deno and Bun, as an uncaught error event in
 * browsers and workers. Never throws and never ends the process.
 */
export function warn(message: string, cause: unknown): void {
  const warning = new Error(message, { cause })
  warning.name = 'SseWarning'
  if (cause instanceof Error && cause.stack !== undefined)
    warning.stack = `${warning.name}: ${message}\n${cause.stack}`
  // Node prints a warning without its stack and cause, but with its detail: without it nobody would learn what was wrong.
  if (cause instanceof Error) Object.assign(warning, { detail: String(cause) })
  if (typeof process !== 'undefined' && process.emitWarning !== undefined) process.emitWarning(warning)
  else if (typeof reportError === 'function') reportError(warning)
}
