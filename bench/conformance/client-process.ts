import { conformClient, type ReportAsJson } from '@sse/testing/conformance'
import { answerCalls } from '../harness/answer-calls.ts'
import { CLIENTS, type ClientKey } from './clients/all-clients.ts'

/** A process that tries one client: some throw where nobody can catch it. */
class ClientProcess {
  async conform(key: ClientKey): Promise<ReportAsJson> {
    const { subject } = await CLIENTS[key].load()
    return (await conformClient(subject, { subject: CLIENTS[key].name })).toJSON()
  }
}

export type { ClientProcess }

// An error that nobody catches is the client's, and costs it the case in which it came: the others are to be judged.
process.on('uncaughtException', () => {})

answerCalls<ClientProcess>(new ClientProcess())
