// Runs a script of the workspace on a bare machine: all it needs is Node 18 and npm. It fetches the pinned pnpm, which
// installs what the lock file says, the pinned Node of the workspace included, and then runs the script with that.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 18
const root = fileURLToPath(new URL('..', import.meta.url))
const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [script, ...scriptArguments] = process.argv.slice(2)

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(
    `This needs Node ${OLDEST_NODE} or newer to start with, but it runs on ${process.version}. Install a newer Node.`,
  )
}

// Bun, Deno and workerd are a third of the download, and only tests run them.
const selected = script === 'demo' ? ['--filter', '!@sse/runtimes'] : []
process.stdout.write(`Installing (${packageManager}) …\n`)
if (
  pnpm(
    ...selected,
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--reporter=append-only',
    '--loglevel=error',
  ) !== 0
) {
  fail(
    [
      'The installation failed; what went wrong stands above.',
      '- Offline, or behind a proxy? The first run fetches packages: connect, or set the proxy of npm, and run it again.',
      '- "frozen-lockfile"? A package.json was changed by hand: run "npx pnpm install" and commit pnpm-lock.yaml.',
      '- No space left? The workspace needs about 1 GB.',
    ].join('\n'),
  )
}
process.exit(pnpm('run', script, ...scriptArguments))

/** Runs pnpm through the npm that runs this script, and returns its exit code. */
function pnpm(...pnpmArguments) {
  const viaNpm = ['exec', '--yes', '--prefer-offline', '--', packageManager, ...pnpmArguments]
  // npm says where it is. Another package manager, or nobody, has started this: then npm must be on the PATH.
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined
  const { status, error, signal } =
    npm === undefined
      ? spawnSync('npm', viaNpm, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
      : spawnSync(process.execPath, [npm, ...viaNpm], { cwd: root, stdio: 'inherit' })
  if (error !== undefined)
    fail(`npm could not be started: ${error.message}. It comes with Node: install it again.`)
  // Ended by Ctrl-C: the usual way to stop the demo.
  return signal === null ? (status ?? 1) : 0
}

function fail(message) {
  process.stderr.write(`\n${message}\n`)
  process.exit(1)
}
