import { expect, test } from 'vitest'
import { replaceSection } from './results-file.ts'

test('adds a section behind the others', () => {
  expect(replaceSection('# Results\n', 'core', 'new')).toBe(
    '# Results\n\n<!-- core:begin -->\n\nnew\n\n<!-- core:end -->\n',
  )
})

test('replaces its own section and leaves the others as they are', () => {
  const both = replaceSection(replaceSection('# Results\n', 'core', 'old'), 'fan-out', 'kept')
  expect(replaceSection(both, 'core', 'new')).toBe(both.replace('old', 'new'))
})
