import { vi } from 'vitest'

interface CapturedWarnings extends Disposable {
  /** The warnings that the process was given, instead of printing them. */
  readonly all: readonly Error[]
}

/** Takes the warnings of the process until the end of the block: `using warnings = captureWarnings()`. */
export function captureWarnings(): CapturedWarnings {
  const all: Error[] = []
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    all.push(warning instanceof Error ? warning : new Error(warning))
  })
  return { all, [Symbol.dispose]: () => spy.mockRestore() }
}
