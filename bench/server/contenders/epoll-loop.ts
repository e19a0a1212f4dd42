import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { eventText, type OutgoingEvent } from '../outgoing-event.ts'
import type { ContenderServer } from './contender.ts'
import { C_COMPILER } from './installed.ts'
import { chunkOf } from './raw-sockets.ts'

const SOURCE = fileURLToPath(new URL('./epoll-loop.c', import.meta.url))

/**
 * What raw sockets do, in C: the bound for all programs on this machine. This process frames what was published in a
 * turn, once, and hands it on; `pid` is the loop that writes it to the clients. It greets nobody and pings nobody.
 */
export async function serve(): Promise<ContenderServer> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-epoll-'))
  const program = join(directory, 'epoll-loop')
  execFileSync(C_COMPILER, ['-O2', '-o', program, SOURCE])
  const loop = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(loop.stdout)
  const [port] = (await once(lines, 'line')) as [string]
  let clients = 0
  lines.on('line', (line) => {
    clients = Number(line)
  })
  let turn: OutgoingEvent[] = []
  return {
    port: Number(port),
    pid: loop.pid as number,
    countClients: () => clients,
    publish: (event) => void turn.push(event),
    endTurn() {
      const chunk = chunkOf(turn.map(eventText).join(''))
      const frame = Buffer.alloc(4 + chunk.length)
      frame.writeUInt32LE(chunk.length)
      frame.write(chunk, 4, 'latin1')
      loop.stdin.write(frame)
      turn = []
    },
    async close() {
      loop.stdin.end()
      if (loop.exitCode === null) await once(loop, 'exit')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
