/** What a command talks to: a test passes its own. */
export interface CliIo {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean | undefined }
  readonly stderr: { write(text: string): unknown }
  /** Fires when the user wants it to stop (Ctrl-C). */
  readonly signal: AbortSignal
  /** Sets the exit code of the process. */
  exit(code: number): void
}
