import { skipped, type Verdict } from '../../case-run.ts'
import type { ServerCase } from '../server-case.ts'
import { isStream, type Observation, type ServerUnderTest } from '../server-under-test.ts'

/** A case about the observed stream: where there is none, there is nothing to judge. */
export function onStream(
  rule: Omit<ServerCase, 'judge'>,
  judge: (observation: Observation, server: ServerUnderTest) => Verdict | Promise<Verdict>,
): ServerCase {
  return {
    ...rule,
    async judge(server) {
      const observation = await server.observe().catch(() => undefined)
      if (observation === undefined || !isStream(observation.head))
        return skipped('the server answered with no event stream')
      return await judge(observation, server)
    },
  }
}
