import { answerCalls, notify } from './answer-calls.ts'

const base = Number(process.argv[2])

const adder = {
  add(n: number): number {
    if (n < 0) throw new Error('Only up.')
    notify({ added: n })
    return base + n
  },
  die(): never {
    process.exit(7)
  },
}

export type Adder = typeof adder

answerCalls<Adder>(adder)
