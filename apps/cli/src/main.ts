#!/usr/bin/env node
import { createProgram } from './program.ts'
import { processTerminal } from './terminal.ts'

await createProgram(processTerminal()).parseAsync()
