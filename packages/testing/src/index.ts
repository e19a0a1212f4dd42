export { FakeClock, type FakeClockOptions, turns } from './clock/fake-clock.ts'
export type { TestingErrorCode } from './errors.ts'
export type {
  RecordedComment,
  RecordedEnd,
  RecordedEntry,
  RecordedEvent,
  RecordedOpening,
  RecordedRetry,
  RecordingEndReason,
} from './record/recorded-event.ts'
export {
  type Cut,
  cut,
  type Pause,
  pause,
  type Script,
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedResponse,
  type Stall,
  type Step,
  stall,
} from './script/step.ts'
export { seeded } from './seeded.ts'
