import { Command } from 'commander'
import { EXIT } from '../exit-code.ts'
import { durationOption, headerOption, parseUrl } from '../request-options.ts'
import type { Terminal } from '../terminal.ts'
import { examine } from './examination.ts'
import { type Finding, findingsOf } from './findings.ts'

interface DoctorOptions {
  readonly header: Readonly<Record<string, string>>
  readonly observe: number
  readonly json?: boolean
}

const EXPLANATION = `
It reads the stream twice at the same time, as it is and as a browser with compression would, then asks for the rest after an
event it has seen. It tells apart: wrong headers, a proxy that buffers, compression that delays, missing pings, a Last-Event-ID that
is stripped or not kept to, and pressure on a browser's connections. The exit code is 1 if there is a problem.`

/** `sse doctor`: what is wrong with a stream, and what to do. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description('Finds out what is wrong with an event stream, and says what to do.')
    .argument('<url>', 'where the stream is', parseUrl)
    .addOption(headerOption())
    .addOption(durationOption('--observe <duration>', 'how long to look at it, as 30s'))
    .option('--json', 'the findings as JSON')
    .addHelpText('after', EXPLANATION)
    .action(async (url: URL, { header, observe, json }: DoctorOptions) => {
      if (!json) terminal.note(`Looking at ${url.href} for ${observe / 1_000} s …`)
      const examination = await examine(url, {
        headers: header,
        observeMs: observe,
        signal: terminal.signal,
      })
      if (terminal.signal.aborted) return
      const findings = findingsOf(examination)
      await terminal.out(
        json
          ? `${JSON.stringify(findings, undefined, 2)}\n`
          : findings.map((each) => describe(each, terminal)).join(''),
      )
      if (findings.some(({ level }) => level === 'problem')) terminal.exit(EXIT.failed)
    })
}

const MARKS = {
  problem: ['red', '✗'],
  advice: ['yellow', '!'],
  fine: ['green', '✓'],
  unknown: ['dim', '?'],
} as const

function describe({ level, about, what, fix }: Finding, { paint }: Terminal): string {
  const [colour, mark] = MARKS[level]
  const line = `${paint(colour, mark)} ${paint('bold', about.padEnd(11))} ${what}\n`
  return fix === undefined ? line : `${line}${' '.repeat(14)}${paint('dim', `→ ${fix}`)}\n`
}
