import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const README = read('../../../packages/testing/README.md')

test('the README of @sse/testing shows the test of a React component as it is run here', () => {
  expect(README).toContain(read('../testing/react.test.tsx').trim())
})

test('to test a Hono route, an Express route and a React component takes less than fifteen lines each', () => {
  const examples = [...README.matchAll(/^```tsx?\n(.*?)^```$/gms)].slice(0, 3).map(([, code = '']) => code)
  for (const [index, framework] of ['hono', 'express', 'react'].entries()) {
    expect(examples[index]).toContain(`from '${framework === 'react' ? '@sse/client/react' : framework}'`)
    expect(examples[index]?.split('\n').filter((line) => line !== '').length).toBeLessThan(15)
  }
})
