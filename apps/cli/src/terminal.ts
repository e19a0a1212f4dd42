import { styleText } from 'node:util'
import { EXIT } from './exit-code.ts'

type Style = Parameters<typeof styleText>[0]

/** What a command talks to: events and results go to `out`, all that is said about them to `note`. */
export interface Terminal {
  /** Settles when more can be written: whoever waits for it reads no faster than the pipe behind it. */
  out(text: string): Promise<void>
  note(text: string): void
  /** A line that the next one replaces, where a person watches; elsewhere it is not said. */
  progress(text: string): void
  /** Colours where there is a terminal that shows them; `NO_COLOR` and `FORCE_COLOR` are kept to. */
  paint(style: Style, text: string): string
  /** Whether a person looks at `out`. */
  readonly interactive: boolean
  readonly columns: number
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
  /** What the process will end with, unless something worse comes. */
  exit(code: number): void
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const interruption = new AbortController()
  // The second Ctrl-C ends the process at once, as without a listener.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // What else listens, as the menu, goes on.
      if (process.listenerCount(signal) > 0) return
      process.exitCode = EXIT.interrupted
      interruption.abort()
    })
  }
  // Whoever read the pipe has left, as `head` does when it has enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.writeError)
  })

  return {
    out(text) {
      if (process.stdout.write(text)) return Promise.resolve()
      return new Promise((resolve) => process.stdout.once('drain', resolve))
    },
    note: (text) => void process.stderr.write(`${text}\n`),
    progress(text) {
      // To the first column; what is left of the line before is wiped out.
      if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`)
    },
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
    interactive: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 80,
    signal: interruption.signal,
    exit(code) {
      if (code !== EXIT.ok) process.exitCode = code
    },
  }
}
