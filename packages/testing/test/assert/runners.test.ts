import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/**
 * What users see: the built package in a run of each test runner, one test that passes and three that fail. The failures are kept as
 * files, so that a change of their look is a change that somebody reads.
 */
const root = fileURLToPath(new URL('runners', import.meta.url))
const require = createRequire(import.meta.url)

const runners: Record<string, readonly string[]> = {
  jest: [
    '--experimental-vm-modules',
    '--no-warnings',
    join(dirname(require.resolve('jest/package.json')), 'bin/jest.js'),
    '--config',
    join(root, 'jest/jest.config.json'),
  ],
  vitest: [
    join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs'),
    'run',
    '--config',
    join(root, 'vitest/vitest.config.mjs'),
  ],
  node: ['--test', '--test-reporter=spec', join(root, 'node/prices.node.mjs')],
}

function run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  // Not what the runner around this test tells its own workers.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|TEST|NODE_|JEST|FORCE_COLOR|DEV|MODE|PROD)/.test(name),
    ),
  )
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args],
      { cwd: root, env: { ...env, NO_COLOR: '1', CI: '1' } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}\n${stderr}` })
      },
    )
  })
}

/** The part of the output between two marks, without what differs from run to run. */
function failures(output: string, from: RegExp, to: RegExp): string {
  const begin = output.search(from)
  const rest = output.slice(begin)
  const end = rest.search(to)
  return rest
    .slice(0, end === -1 ? undefined : end)
    .replaceAll(/ \([\d.]+ ?ms\)/g, '')
    .replaceAll(/file:\/\/\S*\/runners\//g, '')
    .replaceAll(/^.*node:internal.*\n/gm, '')
    .replaceAll(/^ +at async Promise.all.*\n/gm, '')
}

describe.each([
  ['jest', /● fails/, /^Test Suites:/m],
  ['vitest', /FAIL {2}/, /^ Test Files/m],
  ['node', /✖ failing tests:/, /\n\n\n\n/],
] as const)('%s', (name, from, to) => {
  it('runs the matchers, and shows failures that a person can read', async () => {
    const { code, output } = await run(runners[name] ?? [])
    expect(output).toMatch(/[✓✔] with (every matcher|assertions)/)
    expect(output).toMatch(/3 failed|fail 3/)
    expect(code).toBe(1)
    await expect(failures(output, from, to).trimEnd()).toMatchFileSnapshot(`runners/${name}/failures.txt`)
  })
})
