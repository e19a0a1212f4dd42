import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { TimedSubject } from './rounds.ts'

/** A subject in a thread, and with it in a JavaScript engine, of its own. */
export interface IsolatedSubject extends TimedSubject, AsyncDisposable {
  /** What it gets wrong. Such a subject must not be timed. */
  readonly fault: string | undefined
}

export interface ThreadData {
  readonly module: string
  readonly key: unknown
}

/**
 * Starts the thread of one subject. Threads, because an engine compiles code for the callers that it has seen:
 * in one engine, a parser would be slowed down by its peers, most of all by those that share a dependency with it.
 *
 * @param module exports `prepare`; see `Prepare`.
 */
export async function isolateSubject(name: string, module: URL, key: unknown): Promise<IsolatedSubject> {
  const workerData: ThreadData = { module: module.href, key }
  const worker = new Worker(new URL('./subject-thread.ts', import.meta.url), { workerData })
  // `once` also rejects with what the thread throws.
  const [{ fault }] = (await once(worker, 'message')) as [{ fault: string | undefined }]
  return {
    name,
    fault,
    async time() {
      const answer = once(worker, 'message')
      worker.postMessage('run')
      const [time] = (await answer) as [number]
      return time
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
