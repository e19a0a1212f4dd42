import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseEventStream } from '@sse/core'
import { collectAllGarbage } from '../harness/garbage.ts'
import { atMost } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import type { Section } from '../harness/section.ts'
import { buildCorpus, type Corpus, idAndType } from './corpora.ts'

const MIB = 2 ** 20
/** More growth than this over the whole stream would be a leak, or a buffer that follows the stream. */
const FLAT_MIB = 1
const LARGE_CHUNK = 64 * 1024
/** Smaller than an event, and no divisor of its length: cuts fall everywhere. */
const SMALL_CHUNK = 37
/** What part of the stream comes in small chunks, at its end. */
const SMALL_PART = 1 / 16

export interface MemoryPlan {
  readonly streamMiB: number
  readonly sampleEveryMiB: number
}

interface Sample {
  readonly readMiB: number
  readonly heapAndExternalMiB: number
  readonly rssMiB: number
}

/** One long stream, drop by drop, through `parseEventStream`: what stays in memory while it runs. */
export async function benchMemory(plan: MemoryPlan, report: (line: string) => void): Promise<Section> {
  const { streamMiB } = plan
  report(`memory: ${streamMiB} MiB`)
  const samples = await drip(buildCorpus(idAndType, MIB), plan)
  const rows = samples.map(({ readMiB, heapAndExternalMiB, rssMiB }) => [
    `${readMiB} MiB`,
    heapAndExternalMiB.toFixed(2),
    rssMiB.toFixed(0),
  ])
  const introduction = `MiB after a full collection, while 100-byte events are drip-fed: a chunk for each turn of the event loop, of ${LARGE_CHUNK / 1024} KiB, in the last ${streamMiB * SMALL_PART} MiB of ${SMALL_CHUNK} bytes.`
  return {
    title: `Memory over a stream of ${streamMiB} MiB`,
    body: `${introduction}\n\n${markdownTable(['read', 'heap + external', 'RSS'], rows)}`,
    goals: [
      atMost(
        'growth of heap + external from the first sample to the last',
        growthOf(samples),
        FLAT_MIB,
        'MiB',
      ),
    ],
  }
}

function growthOf(samples: readonly Sample[]): number {
  return (samples.at(-1)?.heapAndExternalMiB ?? Number.NaN) - (samples[0]?.heapAndExternalMiB ?? Number.NaN)
}

async function drip(corpus: Corpus, { streamMiB, sampleEveryMiB }: MemoryPlan): Promise<readonly Sample[]> {
  const source = { bytes: 0 }
  const samples: Sample[] = []
  let events = 0
  for await (const { lastEventId } of parseEventStream(drops(corpus, streamMiB * MIB, source))) {
    if (lastEventId === '') throw new Error('An event lost its ID.')
    events++
    const nextSample = (samples.length + 1) * sampleEveryMiB
    if (source.bytes >= nextSample * MIB) samples.push(takeSample(nextSample))
  }
  // The end of the stream may cut off its last event, which is then discarded.
  const expected = Math.floor((source.bytes * corpus.totals.events) / corpus.byteLength)
  if (events !== expected) throw new Error(`Read ${events} events instead of ${expected}.`)
  return samples
}

/** The corpus again and again, one chunk a turn, until the chunk that completes `length` bytes. Counts them in `source`. */
function drops(
  corpus: Corpus,
  length: number,
  source: { bytes: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = Buffer.concat(corpus.chunks)
  return new ReadableStream(
    {
      async pull(controller) {
        await nextTurn()
        // One event more, so that the last sample is taken while the stream still runs.
        if (source.bytes >= length + 100) return controller.close()
        const size = source.bytes < length * (1 - SMALL_PART) ? LARGE_CHUNK : SMALL_CHUNK
        const start = source.bytes % bytes.length
        const chunk = bytes.subarray(start, start + size)
        source.bytes += chunk.length
        controller.enqueue(chunk)
      },
    },
    // Nothing is read ahead: what the samples show is the parser's.
    { highWaterMark: 0 },
  )
}

function takeSample(readMiB: number): Sample {
  collectAllGarbage()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { readMiB, heapAndExternalMiB: (heapUsed + external) / MIB, rssMiB: rss / MIB }
}
