import { warn } from '@sse/core'

export type ShutdownSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGBREAK'

/** What a signal asks to go down. */
interface Stoppable {
  readonly draining: boolean
  drain(): Promise<void>
  force(): void
}

/** Who waits for each signal. One listener of the process serves all, however many servers it has. */
const waiting = new Map<ShutdownSignal, Set<Stoppable>>()
const listeners = new Map<ShutdownSignal, () => void>()

/** Drains `stoppable` on the first of these signals, and forces it on the next. */
export function shutDownOn(signals: readonly ShutdownSignal[], stoppable: Stoppable): void {
  for (const signal of signals) {
    const stoppables = waiting.get(signal) ?? new Set()
    waiting.set(signal, stoppables.add(stoppable))
    if (listeners.has(signal)) continue
    const listener = (): void => stopAll(stoppables)
    listeners.set(signal, listener)
    process.on(signal, listener)
  }
}

/** Takes it off the signals; the last one takes the listeners of the process along. */
export function forgetShutdown(stoppable: Stoppable): void {
  for (const [signal, stoppables] of waiting) {
    stoppables.delete(stoppable)
    if (stoppables.size > 0) continue
    waiting.delete(signal)
    process.off(signal, listeners.get(signal) as () => void)
    listeners.delete(signal)
  }
}

function stopAll(stoppables: ReadonlySet<Stoppable>): void {
  for (const stoppable of stoppables) {
    if (stoppable.draining) stoppable.force()
    else stoppable.drain().catch((error: unknown) => warn('A server could not be drained.', error))
  }
}
