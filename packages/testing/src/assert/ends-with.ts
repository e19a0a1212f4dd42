import type { RecordingEndReason } from '../record/recorded-event.ts'
import type { Recording } from '../record/recording.ts'
import { settled } from './emits.ts'
import type { CheckOptions, Verdict } from './verdict.ts'

/** Whether the stream ends, and for this reason. One that is still open has not. */
export async function checkEndsWith(
  recording: Recording,
  reason: RecordingEndReason,
  { timeoutMs }: CheckOptions,
  negated: boolean,
): Promise<Verdict> {
  const end = await settled(recording, () => recording.end, timeoutMs, negated)
  const pass = end?.reason === reason
  return {
    pass,
    message: pass
      ? `Expected the stream not to end with reason "${reason}", but it did.\n\n${recording}`
      : `Expected the stream to end with reason "${reason}", but ${end === undefined ? 'it did not end' : `it ended with "${end.reason}"`}.\n\n${recording}`,
    actual: end?.reason,
    expected: reason,
  }
}
