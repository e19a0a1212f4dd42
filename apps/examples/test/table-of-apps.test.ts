import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const apps = new URL('../../', import.meta.url)
const guide = readdirSync(new URL('examples/guide/', apps))
const demonstrations = readdirSync(new URL('examples/demonstrations/', apps))

interface Row {
  readonly what: string
  /** The files and options that are run. */
  readonly runs: readonly string[]
  /** Test files, or folders of them. */
  readonly testedBy: readonly string[]
}

const [tableOfApps = '', ...guides] = readFileSync(new URL('README.md', apps), 'utf8')
  .split('\n\n')
  .filter((paragraph) => paragraph.startsWith('|'))

function cellsOf(table: string): string[][] {
  const [, , ...rows] = table.trimEnd().split('\n')
  return rows.map((row) => row.slice(2, -2).split(' | '))
}

/** The first table of apps/README.md. "The same" is what the row above says. */
function readRows(): Row[] {
  let above: readonly string[] = []
  return cellsOf(tableOfApps).map(([what = '', run = '', tested = '']) => {
    const places = [...tested.matchAll(/`([^`]+)`/g)].map(([, place = '']) => place)
    const testedBy = tested.startsWith('the same') ? [...above, ...places] : places
    above = testedBy
    return { what, runs: [...run.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => runBy(code)), testedBy }
  })
}

function runBy(command: string): readonly string[] {
  const [, number] = /^example (\d+)$/.exec(command) ?? []
  if (number !== undefined) return guide.filter((file) => file.startsWith(`${number}-`))
  const [, file] = /([\w-]+\.ts)$/.exec(command) ?? []
  if (file !== undefined) return [file]
  return [...command.matchAll(/--[\w-]+|[A-Z]+_URL|(?<=sse )[a-z]+/g)].map(([word]) => word)
}

/** All test files of a folder, or the one file. */
function textOf(path: string): string {
  const place = new URL(path, apps)
  if (!statSync(place).isDirectory()) return readFileSync(place, 'utf8')
  const files = readdirSync(place).filter((file) => file.endsWith('.test.ts'))
  return files.map((file) => readFileSync(new URL(`${path}/${file}`, apps), 'utf8')).join('\n')
}

const ROWS = readRows()

test.each(ROWS)('$what: a test runs what the table says', ({ runs, testedBy }) => {
  expect(runs).not.toEqual([])
  const tests = testedBy.map(textOf).join('\n')
  for (const run of runs) expect(tests).toContain(run.replace(/\.ts$/, ''))
})

test('the table has every example and every demonstration', () => {
  const files = ROWS.flatMap(({ runs }) => runs).filter((run) => run.endsWith('.ts'))
  expect(files.sort()).toEqual([...guide, ...demonstrations].sort())
})

/** The tables of the guides' features: a program, and what is asked of it. */
const FEATURES = guides.flatMap(cellsOf).map(([feature = '', , run = '']) => {
  const [program = '', ...asked] = [...run.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
  return { feature, program, asked }
})

function testsOf(program: string): readonly string[] {
  if (program === 'npm start') return ['demo-server/test']
  if (program === 'sse') return ['cli/test']
  const runs = runBy(program)
  expect(runs).not.toEqual([])
  return ROWS.filter((row) => runs.every((run) => row.runs.includes(run))).flatMap(({ testedBy }) => testedBy)
}

test.each(FEATURES)('$feature: a test asks $program for $asked', ({ program, asked }) => {
  const files = testsOf(program)
  expect(files).not.toEqual([])
  const tests = files.map(textOf).join('\n')
  for (const what of asked) expect(tests.includes(what), what).toBe(true)
})

test('"example" lists the examples, and runs the one that is asked for', () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL('examples/run.ts', apps)), ...args], {
      encoding: 'utf8',
      // An example that listens would go on: this one cannot.
      env: { ...process.env, PORT: 'none' },
    })
  const list = run()
  expect(list.status).toBe(0)
  expect(list.stdout.match(/^ {2}\d\d\b/gm)).toHaveLength(guide.length)
  const unknown = run('99')
  expect([unknown.status, unknown.stdout]).toEqual([1, list.stdout])
  const example = run('1')
  expect(example.stderr).toMatch(/ERR_SOCKET_BAD_PORT[\s\S]*guide\/01-/)
})
