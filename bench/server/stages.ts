import type { ContenderKey } from './contenders/all-contenders.ts'
import { type AudiencePlan, Stage } from './stage.ts'

/** The stages of several contenders, all open, one of them in use. */
export class Stages implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack
  readonly #stages: ReadonlyMap<ContenderKey, Stage>

  private constructor(stack: AsyncDisposableStack, stages: ReadonlyMap<ContenderKey, Stage>) {
    this.#stack = stack
    this.#stages = stages
  }

  static async open(contenders: readonly ContenderKey[], audience: AudiencePlan): Promise<Stages> {
    await using opening = new AsyncDisposableStack()
    const stages = new Map<ContenderKey, Stage>()
    for (const contender of contenders) {
      const stage = opening.use(await Stage.open(contender))
      await stage.connect(audience)
      stages.set(contender, stage)
    }
    return new Stages(opening.move(), stages)
  }

  get contenders(): readonly ContenderKey[] {
    return [...this.#stages.keys()]
  }

  get(contender: ContenderKey): Stage {
    const stage = this.#stages.get(contender)
    if (stage === undefined) throw new Error(`${contender} was not started.`)
    return stage
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
