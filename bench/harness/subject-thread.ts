import { parentPort, workerData } from 'node:worker_threads'
import { collectYoungGarbage } from './garbage.ts'
import type { ThreadData } from './isolated-subject.ts'
import { sample } from './sample.ts'
import type { Prepare, Subject } from './subject.ts'

// The far side of isolated-subject.ts: says whether the subject can be timed, then answers each message with the
// milliseconds of one run, taken over many. What it throws reaches the near side as the error of the thread.

const { module, key } = workerData as ThreadData
const { prepare } = (await import(module)) as { prepare: Prepare<unknown> }
const prepared = await prepare(key)
if ('fault' in prepared) {
  parentPort?.postMessage(prepared)
} else {
  parentPort?.on('message', () => void answer(prepared))
  parentPort?.postMessage({ fault: undefined })
}

async function answer(subject: Subject): Promise<void> {
  collectYoungGarbage()
  parentPort?.postMessage(await sample(() => subject.run()))
}
