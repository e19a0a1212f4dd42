import os from 'node:os'

/** Processor time that all processes of this machine have used together, in microseconds, in steps of 10 ms. */
export function machineCpuMicros(): number {
  let ms = 0
  for (const { times } of os.cpus()) ms += times.user + times.nice + times.sys + times.irq
  return ms * 1e3
}

/** Which part of the machine `cpuMicros` of others are, in `seconds`. */
export function shareOfMachine(cpuMicros: number, seconds: number): number {
  return Math.max(0, cpuMicros / (seconds * 1e6 * os.cpus().length))
}
