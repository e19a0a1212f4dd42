import type { Verdict } from '../case-run.ts'
import type { ConformanceRule } from '../rule.ts'
import type { ServerUnderTest } from './server-under-test.ts'

/** One thing that can be seen of a server from outside. What it throws is a failure. */
export interface ServerCase extends ConformanceRule {
  readonly judge: (server: ServerUnderTest) => Verdict | Promise<Verdict>
}
