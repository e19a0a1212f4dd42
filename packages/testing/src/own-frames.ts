/** This package. Runners show its frames as they are, in `dist`, or as its source maps have them, in `src`. */
const { pathname: root } = new URL('..', import.meta.url)

/**
 * Takes this package's own frames off the top of an error's stack: runners of tests show the code of the first one, which shall be
 * the line of the test.
 */
export function withoutOwnFrames<E extends Error>(error: E): E {
  const lines = error.stack?.split('\n') ?? []
  const first = lines.findIndex(isFrame)
  const foreign = lines.findIndex((line, at) => at >= first && isFrame(line) && !isOwn(line))
  // Nothing else is left of a stack whose asynchronous callers are unknown: then it is better than none.
  if (first !== -1 && foreign !== -1)
    error.stack = [...lines.slice(0, first), ...lines.slice(foreign)].join('\n')
  return error
}

function isOwn(line: string): boolean {
  return (line.includes(`${root}dist/`) || line.includes(`${root}src/`)) && !line.includes('.test.')
}

function isFrame(line: string): boolean {
  return /^\s+at |^[^@\s]*@\S+:\d/.test(line)
}
