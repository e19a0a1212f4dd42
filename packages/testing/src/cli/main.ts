#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isSseError } from '@sse/core'
import { program } from './program.ts'

const { version } = JSON.parse(
  // By its name, because the sources and what is built lie at different depths.
  readFileSync(fileURLToPath(import.meta.resolve('@sse/testing/package.json')), 'utf8'),
) as { version: string }

const stop = new AbortController()
// Once: whoever presses Ctrl-C again does not want to wait.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
  exit: (code: number): void => {
    process.exitCode = code
  },
}

try {
  await program(io, version).parseAsync()
} catch (error) {
  // What we say ourselves is for the user; anything else is a bug, and its stack is what a report of it needs.
  process.stderr.write(
    isSseError<string>(error)
      ? `error: ${error.message}\n`
      : `${error instanceof Error ? error.stack : error}\n`,
  )
  process.exitCode = 1
}
