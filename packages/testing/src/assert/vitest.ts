import { expect } from 'vitest'
import { type EventStreamMatchers, matchers } from './matchers.ts'

// The import is what a setup file wants: `import '@sse/testing/vitest'`.
expect.extend({ ...matchers })

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends EventStreamMatchers<T> {}
}

export { type EventStreamMatchers, matchers }
