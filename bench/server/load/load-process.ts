import { answerCalls, notify } from '../../harness/answer-calls.ts'
import { Readers } from './readers.ts'
import { type VisitPlan, type Visits, visit } from './visitors.ts'

/** A process with the clients of one server in it. */
export class LoadProcess extends Readers {
  visit(plan: VisitPlan): Promise<Visits> {
    return visit(plan)
  }
}

answerCalls<LoadProcess>(new LoadProcess(notify))
