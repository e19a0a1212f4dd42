import { summarize } from '../harness/rounds.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import type { Cost, Stage } from './stage.ts'

export interface CostPlan {
  readonly events: number
  readonly dataLength: number
  readonly rounds: number
  /** Of each contender, before the first round, and forgotten. */
  readonly warmUps: number
}

export type Stages = ReadonlyMap<ContenderKey, Stage>
export type Report = (line: string) => void

/** What publishing costs each contender, in the middle of rounds in which they run in turns, A B C A B C. */
export class Costs {
  readonly #costs = new Map<ContenderKey, Cost[]>()

  static async measure(stages: Stages, plan: CostPlan, report: Report): Promise<Costs> {
    const costs = new Costs()
    for (let round = -plan.warmUps; round < plan.rounds; round++) {
      for (const [key, stage] of stages) {
        report(`${plan.dataLength} characters, round ${round + 1}: ${key}`)
        const cost = await stage.publish(plan.events, plan.dataLength)
        if (round >= 0) costs.#add(key, cost)
      }
    }
    return costs
  }

  /** `NaN` of who did not run, here and in ratios. */
  median(key: ContenderKey, of: keyof Cost): number {
    return summarize(this.#of(key, of)).median
  }

  range(key: ContenderKey, of: keyof Cost): string {
    const { min, max } = summarize(this.#of(key, of))
    return `${min.toFixed(1)}–${max.toFixed(1)}`
  }

  /** The middle of the ratios of the rounds: what slows a round down slows both. */
  ratio(key: ContenderKey, peer: ContenderKey, of: keyof Cost): number {
    const peers = this.#of(peer, of)
    return summarize(this.#of(key, of).map((cost, round) => cost / (peers[round] ?? Number.NaN))).median
  }

  #add(key: ContenderKey, cost: Cost): void {
    this.#costs.set(key, [...(this.#costs.get(key) ?? []), cost])
  }

  #of(key: ContenderKey, of: keyof Cost): number[] {
    return (this.#costs.get(key) ?? []).map((cost) => cost[of])
  }
}
