import { readFileSync } from 'node:fs'
import { collectAllGarbage } from '../harness/garbage.ts'

export interface Memory {
  readonly rssBytes: number
  /** Of JavaScript: objects, and the buffers that they hold. */
  readonly heapBytes: number | undefined
}

/** Processor time that it has used, in microseconds. */
export function cpuMicros(pid: number | undefined): number {
  if (pid === undefined) {
    const { user, system } = process.cpuUsage()
    return user + system
  }
  // In nanoseconds; `stat` counts in steps of 10 ms.
  const [onCpu] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')
  return Number(onCpu) / 1e3
}

export function readMemory(pid: number | undefined): Memory {
  if (pid === undefined) {
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rssBytes: rss, heapBytes: heapUsed + external }
  }
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return { rssBytes: Number(kilobytes) * 1024, heapBytes: undefined }
}

/** Without what is only waiting to be collected. Several times: the first collection makes work for the next. */
export function readMemoryOfLiving(pid: number | undefined): Memory {
  if (pid === undefined) for (let n = 0; n < 4; n++) collectAllGarbage()
  return readMemory(pid)
}
