import { BroadcastChannel, isMainThread } from 'node:worker_threads'
import { checkSignals } from './shutdown-options.ts'

/** Whom a signal is for. */
export interface SignalTarget {
  onSignal(): void
}

/**
 * Who waits for which signal in this thread. There is one listener on the process for each signal, however many servers
 * wait for it, and none when nobody does: the signal then has its default effect again.
 */
const targets = new Map<NodeJS.Signals, Set<SignalTarget>>()

/** By it the main thread, which alone gets signals, passes them on to the workers. */
const CHANNEL = '@sse/server: shutdown signals'
/** The end of a worker, open while somebody waits in this thread. */
let received: BroadcastChannel | undefined

/** Calls `target.onSignal` on each of these signals, until the returned function is called. Keeps no process alive. */
export function listenForSignals(signals: readonly NodeJS.Signals[], target: SignalTarget): () => void {
  for (const signal of signals) {
    const waiting = targets.get(signal)
    if (waiting !== undefined) waiting.add(target)
    else {
      targets.set(signal, new Set([target]))
      if (isMainThread) process.on(signal, onProcessSignal)
    }
  }
  if (!isMainThread && targets.size > 0) received ??= receiveSignals()
  return () => stopListening(signals, target)
}

function stopListening(signals: readonly NodeJS.Signals[], target: SignalTarget): void {
  for (const signal of signals) {
    const waiting = targets.get(signal)
    if (!waiting?.delete(target) || waiting.size > 0) continue
    targets.delete(signal)
    if (isMainThread) process.off(signal, onProcessSignal)
  }
  if (targets.size > 0) return
  received?.close()
  received = undefined
}

function onProcessSignal(signal: NodeJS.Signals): void {
  // Before this thread is busy with its own streams.
  const workers = new BroadcastChannel(CHANNEL)
  workers.postMessage(signal)
  workers.close()
  deliver(signal)
}

function receiveSignals(): BroadcastChannel {
  const channel = new BroadcastChannel(CHANNEL)
  channel.onmessage = (message) => deliver((message as unknown as { data: NodeJS.Signals }).data)
  channel.unref()
  return channel
}

function deliver(signal: NodeJS.Signals): void {
  // Who has nothing left to do takes itself out meanwhile: a set allows it.
  for (const target of targets.get(signal) ?? []) target.onSignal()
}

/**
 * Lets the signals of the process reach servers in worker threads: call it in the main thread, if that has no server of
 * its own with a `createShutdown`, which does the same. Workers get no signals themselves.
 *
 * The first signal makes every `createShutdown` in a worker drain. The second cuts off what is left; then a third has its
 * default effect, so that a worker which hangs cannot keep the process for ever. The process ends, with code 0, when its
 * workers have.
 *
 * Returns what stops it. `signals` are as in {@link ShutdownOptions}; by default SIGTERM and SIGINT.
 *
 * @throws SseError `invalid-option`
 */
export function forwardShutdownSignals(signals?: readonly NodeJS.Signals[]): Disposable {
  const caught = checkSignals(signals)
  let count = 0
  const stop = listenForSignals(caught, {
    onSignal() {
      count++
      if (count === 2) stop()
    },
  })
  return { [Symbol.dispose]: stop }
}
