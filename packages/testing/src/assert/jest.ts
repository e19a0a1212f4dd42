import { expect as jestExpect } from '@jest/globals'
import { type EventStreamMatchers, matchers } from './matchers.ts'

// The import is what a setup file wants: `import '@sse/testing/jest'`.
jestExpect.extend({ ...matchers })

/** `expect` of Jest, the same object, typed with the matchers: for those who import it and have no global one. */
export const expect: (<T = unknown>(actual: T) => ExpectationOf<T>) & typeof jestExpect = jestExpect as never

type ExpectationOf<T> = ReturnType<typeof jestExpect<T>> &
  EventStreamMatchers<T> & { readonly not: EventStreamMatchers<T> }

declare global {
  /** Of `@types/jest`, where it is installed: the global `expect`. */
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: an interface is merged only with one that has the same parameters.
    interface Matchers<R, T = {}> extends EventStreamMatchers<T> {}
  }
}

export { type EventStreamMatchers, matchers }
