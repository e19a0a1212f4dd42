import type { Prepare } from '../harness/subject.ts'
import { FIELDS } from './contenders/all-contenders.ts'
import type { Bound, Contender } from './contenders/contender.ts'
import { buildCorpus, type Corpus, RECIPES } from './corpora.ts'
import { Tally } from './tally.ts'

/** One contender, or bound, on one corpus. */
export interface ParsingKey {
  readonly contender: string
  readonly recipe: string
  readonly corpusLength: number
}

export const prepare: Prepare<ParsingKey> = async ({ contender: name, recipe: recipeName, corpusLength }) => {
  const recipe = RECIPES.find((recipe) => recipe.name === recipeName)
  if (recipe === undefined) throw new Error(`There is no corpus ${recipeName}.`)
  const corpus = buildCorpus(recipe, corpusLength)

  const contender = FIELDS.flatMap((field) => field.contenders).find((contender) => contender.name === name)
  if (contender !== undefined) {
    const fault = await faultOf(contender, corpus)
    return fault === undefined ? { run: () => parseOnce(contender, corpus) } : { fault }
  }
  const bound = FIELDS.map((field) => field.bound).find((bound) => bound.name === name)
  if (bound !== undefined) return { run: () => decodeOnce(bound, corpus) }
  throw new Error(`There is no contender ${name}.`)
}

/** Reads a corpus once, and says what went wrong, if anything. */
export async function faultOf(contender: Contender, { chunks, totals }: Corpus): Promise<string | undefined> {
  const tally = new Tally()
  await contender.parse(chunks, tally.onEvent)
  return tally.differenceFrom(totals)
}

async function parseOnce(contender: Contender, corpus: Corpus): Promise<void> {
  const fault = await faultOf(contender, corpus)
  if (fault !== undefined) throw new Error(`A run went wrong: ${fault}.`)
}

async function decodeOnce(bound: Bound, { chunks, textLength }: Corpus): Promise<void> {
  const length = await bound.decode(chunks)
  if (length !== textLength) throw new Error(`Decoded ${length} characters instead of ${textLength}.`)
}
