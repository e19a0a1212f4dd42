import type { ConnectionError } from '@sse/client'

/** What the process says when it ends. The numbers are curl's, so that scripts which know one know the other. */
export const EXIT = {
  ok: 0,
  /** Something that was looked for is wrong: `check`, `doctor`, `bench`. */
  failed: 1,
  usage: 2,
  cannotConnect: 7,
  httpError: 22,
  writeError: 23,
  timeout: 28,
  tooLarge: 63,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const

/** Why a stream is over, as a number. The end of a stream is no error, unless nothing else could be tried. */
export function exitCodeOf(error: ConnectionError | undefined): number {
  // "Too many attempts" says why the last one failed.
  const cause = error?.code === 'too-many-attempts' ? (error.cause as ConnectionError | undefined) : error
  switch (cause?.code) {
    case undefined:
    case 'stream-ended':
      return EXIT.ok
    case 'refused':
    case 'not-an-event-stream':
      return EXIT.httpError
    case 'stalled':
    case 'connect-timeout':
      return EXIT.timeout
    case 'event-too-large':
      return EXIT.tooLarge
    case 'invalid-option':
      return EXIT.usage
    default:
      return EXIT.cannotConnect
  }
}
