import { type Goal, ratioAtLeast } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import { type Race, race } from '../harness/race.ts'
import { type Effort, speedRatio } from '../harness/rounds.ts'
import type { Section } from '../harness/section.ts'
import { FIELDS, type Field } from './contenders/all-contenders.ts'
import { eventsourceParserPush, eventsourceParserStream } from './contenders/eventsource-parser.ts'
import { sseCoreIteration, sseCorePush } from './contenders/sse-core.ts'
import { buildCorpus, type Corpus, RECIPES } from './corpora.ts'
import type { ParsingKey } from './parsing-subject.ts'

export interface ParsingPlan extends Effort {
  /** Characters of each corpus, at least. */
  readonly corpusLength: number
}

/** Bytes in, events dispatched: every contender on every corpus. */
export async function benchParsing(plan: ParsingPlan, report: (line: string) => void): Promise<Section> {
  const tables: string[] = []
  const goals: Goal[] = []
  const names = FIELDS.flatMap(({ contenders, bound }) => [...contenders, bound]).map(({ name }) => name)
  for (const recipe of RECIPES) {
    report(`parsing: ${recipe.name}`)
    const keys = names.map((contender): readonly [string, ParsingKey] => [
      contender,
      { contender, recipe: recipe.name, corpusLength: plan.corpusLength },
    ])
    const result = await race(new URL('./parsing-subject.ts', import.meta.url), keys, plan)
    tables.push(renderCorpus(buildCorpus(recipe, plan.corpusLength), result))
    goals.push(...goalsOf(recipe.name, result))
  }
  return { title: 'Parsing: bytes to dispatched events', body: tables.join('\n\n'), goals }
}

function goalsOf(corpus: string, { timings }: Race): readonly Goal[] {
  return [
    ratioAtLeast(
      `push parser beside eventsource-parser, ${corpus}`,
      speedRatio(timings, sseCorePush.name, eventsourceParserPush.name),
      0.85,
    ),
    ratioAtLeast(
      `parseEventStream beside eventsource-parser/stream, ${corpus}`,
      speedRatio(timings, sseCoreIteration.name, eventsourceParserStream.name),
      1.5,
    ),
  ]
}

function renderCorpus(corpus: Corpus, result: Race): string {
  const { events } = corpus.totals
  const megabytes = (corpus.byteLength / 1e6).toFixed(1)
  const table = markdownTable(
    ['', 'MB/s', 'min–max', 'events/s', 'of the bound'],
    FIELDS.flatMap((field) => fieldRows(field, corpus, result)),
  )
  const wrong = [...result.faults].map(([name, fault]) => `\n\n${name} is wrong on this corpus: ${fault}.`)
  return `#### ${corpus.name} (${events.toLocaleString('en')} events, ${megabytes} MB)\n\n${table}${wrong.join('')}`
}

/** Fastest first, the wrong ones last, the bound at the end. */
function fieldRows({ title, contenders, bound }: Field, corpus: Corpus, { timings }: Race): string[][] {
  const duration = (name: string): number => timings.get(name)?.median ?? Number.POSITIVE_INFINITY
  const ranked = contenders.map(({ name }) => name).toSorted((a, b) => duration(a) - duration(b))
  const rows = [...ranked, bound.name].map((name) => {
    const timing = timings.get(name)
    if (timing === undefined) return [name, 'wrong']
    const megabytesPerSecond = (ms: number): string => (corpus.byteLength / 1e3 / ms).toFixed(0)
    const eventsPerSecond = Math.round((corpus.totals.events * 1e3) / timing.median).toLocaleString('en')
    return [
      name,
      megabytesPerSecond(timing.median),
      `${megabytesPerSecond(timing.max)}–${megabytesPerSecond(timing.min)}`,
      // The bound knows no events.
      name === bound.name ? '' : eventsPerSecond,
      `${(speedRatio(timings, name, bound.name) * 100).toFixed(0)} %`,
    ]
  })
  return [[`**${title}**`], ...rows]
}
