import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scriptedServer } from '../src/script/scripted-server.ts'
import { pause } from '../src/script/step.ts'

const PACKAGE = fileURLToPath(new URL('../', import.meta.url))
/** Inside of the package, so that the code finds it by its name, as its users do. */
const FOLDERS = join(PACKAGE, 'test/.documentation')
/** Of this run alone: another one may be under way, or have been killed. */
let runFolder = ''

interface Block {
  readonly title: string
  readonly code: string
  readonly runner: 'vitest' | 'node:test' | 'node'
}

/** The page and the test of a browser belong together, and want a browser: test/conformance/in-chromium.test.ts is such a test. */
const PARTS = /^\/\/ (page|test)\.ts/

const documents = ['README.md', ...readdirSync(join(PACKAGE, 'docs')).map((name) => `docs/${name}`)]
const blocks: readonly Block[] = documents.flatMap((document) => {
  const found = readFileSync(join(PACKAGE, document), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)
  const whole = [...found].filter(([, code = '']) => !PARTS.test(code))
  return whole.map(([, code = ''], index) => ({
    title: `${document.replaceAll(/\W/g, '-')}-${index + 1}`,
    code,
    runner: code.includes("from 'vitest'")
      ? 'vitest'
      : code.includes("from 'node:test'")
        ? 'node:test'
        : 'node',
  }))
})

const of = (runner: Block['runner']): readonly Block[] => blocks.filter((block) => block.runner === runner)

beforeAll(() => {
  mkdirSync(FOLDERS, { recursive: true })
  runFolder = mkdtempSync(join(FOLDERS, 'run-'))
})

afterAll(() => rmSync(runFolder, { recursive: true, force: true }))

test('the tests of the documentation pass in vitest', async () => {
  for (const { title, code } of of('vitest')) writeFileSync(join(runFolder, `${title}.test.ts`), code)
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  // With patience for a busy machine, which costs nothing.
  const { code, output } = await run(
    [vitest, 'run', '--root', runFolder, '--reporter', 'verbose', '--test-timeout', '60000'],
    runFolder,
  )
  expect(code, output).toBe(0)
  for (const { title } of of('vitest')) expect(output).toContain(title)
})

test.each(of('node:test'))('the test $title passes in node:test', async ({ title, code }) => {
  const file = join(runFolder, `${title}.ts`)
  writeFileSync(file, code)
  const ended = await run(['--test', file], runFolder)
  expect(ended.code, ended.output).toBe(0)
})

// Some of them mostly wait.
test.concurrent.each(of('node'))('the program $title runs', async ({ title, code }) => {
  // Where the documentation names a server, there is one: a few events, and the end.
  await using server = await scriptedServer(() => [
    { id: '1', data: { value: 1, at: Date.now() } },
    pause(10),
    { id: '2', data: { value: 2, at: Date.now() } },
  ])
  const folder = join(runFolder, title)
  const file = join(folder, 'program.ts')
  mkdirSync(folder)
  // One that it starts itself must find its port free.
  const port = code.includes('.listen(3000)') ? '0' : new URL(server.url).port
  const adapted = code
    .replaceAll(/https?:\/\/(localhost:3000|example\.com)/g, `http://127.0.0.1:${port}`)
    .replaceAll('5_000', '500')
    .replaceAll('30_000', '500')
  writeFileSync(file, port === '0' ? onFreePort(adapted) : adapted)
  writeFileSync(join(folder, 'prices.jsonl'), TRANSCRIPT)
  const ended = await run([file], folder)
  expect(ended.code, ended.output).toBe(0)
})

/** The server that the code starts gets any port, and what stands in front of it the same. */
function onFreePort(code: string): string {
  return code
    .replace('.listen(3000)', '.listen(0)')
    .replace(
      /'http:\/\/127\.0\.0\.1:0([^']*)'/,
      '`http://127.0.0.1:$${(server.address() as { port: number }).port}$1`',
    )
}

async function run(args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  // A child of vitest is no worker of it.
  const { VITEST, VITEST_MODE, VITEST_POOL_ID, VITEST_WORKER_ID, NODE_TEST_CONTEXT, ...env } = process.env
  const child = spawn(process.execPath, args, { cwd, env })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await closed, output: output + errors }
}

/** The one that is shown in the description of the format, in less time. */
const [, shown = ''] =
  /^```jsonl\n(.*?)^```$/ms.exec(readFileSync(join(PACKAGE, 'TRANSCRIPT.md'), 'utf8')) ?? []
const TRANSCRIPT = shown.replaceAll('502.125', '2').replace('30000', '3')
