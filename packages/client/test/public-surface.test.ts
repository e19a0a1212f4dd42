import { test } from 'vitest'
import { expectPublicSurface } from '../../testing/test/fixtures/public-surface.ts'

test.each([
  ['index', 'index'],
  ['shared', 'shared/index'],
  ['react', 'react/index'],
])('%s exports this, and a change of it is a change of its snapshot', async (name, source) => {
  await expectPublicSurface(new URL('../', import.meta.url), { name, source })
})
