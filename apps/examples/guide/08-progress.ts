// 08 · Structured events: welcome, progress, completion. One contract for the server and every client.
import { setTimeout as sleep } from 'node:timers/promises'
import { defineEvents } from '@sse/core'
import { EventSourceResponse } from '@sse/server'
import { z } from 'zod'
import { start } from '../start.ts'

/** What a stream of a job carries. A page imports this file's contract and gets types and validation from it. */
export const jobEvents = defineEvents({
  welcome: z.object({ job: z.string(), steps: z.int().positive() }),
  status: z.object({ step: z.int(), percent: z.number().min(0).max(100), note: z.string() }),
  complete: z.object({ job: z.string(), tookMs: z.number() }),
})

const STEPS = ['reading the file', 'checking the rows', 'writing them', 'counting again', 'cleaning up']
const STEP_MS = Number(process.env['STEP_MS'] ?? 700)

start(
  (req, res) => {
    void new EventSourceResponse(async function* ({ lastEventId, signal }) {
      const startedAt = performance.now()
      const job = 'import-42'
      // The id is the step: whose connection broke goes on behind the last step that it saw.
      const done = Math.min(Number(lastEventId) || 0, STEPS.length)
      yield jobEvents.create('welcome', { job, steps: STEPS.length }, { retry: 1_000 })

      for (const [index, note] of STEPS.entries()) {
        if (index < done) continue
        await sleep(STEP_MS, undefined, { signal })
        const percent = ((index + 1) / STEPS.length) * 100
        yield jobEvents.create('status', { step: index + 1, percent, note }, { id: String(index + 1) })
      }
      yield jobEvents.create('complete', { job, tookMs: Math.round(performance.now() - startedAt) })
      // An EventSource reconnects when a stream ends: one that is complete is closed by its reader (`until`, in @sse/client).
    }).send(req, res)
  },
  'curl -N $URL',
  'curl -N $URL -H "Last-Event-ID: 3"',
)
