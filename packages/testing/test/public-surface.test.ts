import { test } from 'vitest'
import { expectPublicSurface } from './fixtures/public-surface.ts'

test.each([
  { name: 'index', source: 'index' },
  { name: 'node', source: 'node' },
  { name: 'vitest', source: 'assert/vitest' },
  // Jest's own globals can be imported in Jest alone: test/assert/runners.test.ts does.
  { name: 'jest', source: 'assert/jest', loads: false },
  { name: 'msw', source: 'msw/index' },
  { name: 'conformance', source: 'conformance/index' },
])('$name exports this, and a change of it is a change of its snapshot', async (entrance) => {
  await expectPublicSurface(new URL('../', import.meta.url), entrance)
})
