import { input, select } from '@inquirer/prompts'
import { Command } from 'commander'
import { check } from './check-command.ts'
import { EXIT } from './exit-code.ts'
import { parseUrl } from './request-options.ts'
import type { Terminal } from './terminal.ts'

/** Runs another command of this program until it ends, or until Ctrl-C. */
export type RunCommand = (args: readonly string[], terminal: Terminal) => Promise<void>

/** `sse menu`: the demo by arrow keys. */
export function menuCommand(terminal: Terminal, run: RunCommand): Command {
  return new Command('menu')
    .description('Walks through a server laid out like the demo, by arrow keys.')
    .argument('[url]', 'its address', parseUrl, new URL('http://localhost:8000'))
    .action(async (url: URL) => {
      if (!process.stdin.isTTY) {
        terminal.note('sse: the menu needs a terminal. Use the commands: sse --help')
        return terminal.exit(EXIT.usage)
      }
      try {
        while (await choose(url, terminal, run)) {
          // Until somebody leaves.
        }
      } catch (error) {
        // Ctrl-C at a prompt.
        if ((error as Error).name !== 'ExitPromptError') throw error
      }
    })
}

async function choose(url: URL, terminal: Terminal, run: RunCommand): Promise<boolean> {
  const choice = await select({
    message: url.origin,
    choices: [
      { name: 'Main stream', value: 'stream', description: 'Ctrl-C comes back here' },
      { name: 'Metrics of the machine', value: 'metrics', description: 'Ctrl-C comes back here' },
      { name: 'A channel', value: 'channel', description: 'Ctrl-C comes back here' },
      { name: 'Broadcast', value: 'broadcast' },
      { name: 'Check everything', value: 'check' },
      { name: 'Doctor', value: 'doctor' },
      { name: 'Leave', value: 'leave' },
    ],
  })
  switch (choice) {
    case 'stream':
    case 'metrics':
      await interruptible(terminal, (until) => run(['tail', new URL(`/${choice}`, url).href], until))
      return true
    case 'channel': {
      const name = await input({ message: 'Its name', default: 'kitchen' })
      const at = new URL(`/realtime/${encodeURIComponent(name)}`, url)
      await interruptible(terminal, (until) => run(['tail', at.href], until))
      return true
    }
    case 'broadcast': {
      const message = await input({ message: 'Message', required: true })
      const channel = await input({ message: 'Channel', default: 'main' })
      await run(['send', new URL('/api/broadcast', url).href, message, '--channel', channel], terminal)
      return true
    }
    case 'check':
      await check(url, terminal)
      return true
    case 'doctor':
      await interruptible(terminal, (until) => run(['doctor', new URL('/stream', url).href], until))
      return true
    default:
      return false
  }
}

/** Ctrl-C ends what runs, and not the menu. */
async function interruptible(terminal: Terminal, work: (until: Terminal) => Promise<void>): Promise<void> {
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort()
  process.on('SIGINT', interrupt)
  try {
    await work({ ...terminal, signal: interruption.signal })
  } finally {
    process.off('SIGINT', interrupt)
  }
}
