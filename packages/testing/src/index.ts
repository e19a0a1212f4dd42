export { type AssertEventsOptions, assertEvents } from './assert/assert-events.ts'
export {
  assertEmitsEvent,
  assertEmitsEventsInOrder,
  assertEndsWith,
  assertPingsEvery,
  assertResumesAfter,
} from './assert/checks.ts'
export type { InOrderOptions } from './assert/emits.ts'
export type { PingOptions } from './assert/pings-every.ts'
export { type CheckOptions, EventAssertionError } from './assert/verdict.ts'
export { FakeClock, type FakeClockOptions, turns } from './clock/fake-clock.ts'
export type { TestingErrorCode } from './errors.ts'
export type { AsymmetricMatcher } from './record/deep-match.ts'
export type { ComparableEvent, DataPattern, EventPattern } from './record/event-pattern.ts'
export type { EventSourceLike } from './record/event-target-source.ts'
export type { NodeHandler } from './record/node-source.ts'
export { record } from './record/record.ts'
export type { RecordOptions, RequestOptions } from './record/record-options.ts'
export type {
  RecordedComment,
  RecordedEnd,
  RecordedEntry,
  RecordedEvent,
  RecordedEventOf,
  RecordedOpening,
  RecordedRetry,
  RecordedType,
  RecordingEndReason,
} from './record/recorded-event.ts'
export type { RecordedResponse, Recording, WaitForOptions, WaitOptions } from './record/recording.ts'
export type { FetchHandler, NodeRecordSource, RecordSource } from './record/source.ts'
export type { NextOptions } from './script/exchange-log.ts'
export type { ExchangeScript, WhenOver } from './script/scripted-answers.ts'
export type { ExchangeEnd, ScriptedExchange } from './script/scripted-exchange.ts'
export {
  type FetchExchange,
  type ScriptedFetch,
  type ScriptedFetchOptions,
  scriptedFetch,
} from './script/scripted-fetch.ts'
export {
  type Cut,
  cut,
  type Pause,
  pause,
  type Script,
  type ScriptedAnswer,
  type ScriptedHead,
  type ScriptedRequest,
  type ScriptedResponse,
  type Stall,
  type Step,
  type Steps,
  stall,
} from './script/step.ts'
export { seeded } from './seeded.ts'
export { type CaptureOptions, captureTranscript, type TranscriptSource } from './transcript/capture.ts'
export type { FetchedEventSource } from './transcript/fetched-event-source.ts'
export {
  type ReplayEventSourceClass,
  type ReplayEventSourceInit,
  replayEventSource,
} from './transcript/replay-event-source.ts'
export { replayFetch } from './transcript/replay-fetch.ts'
export { type TimedEvent, transcriptEvents } from './transcript/timed-events.ts'
export type {
  Transcript,
  TranscriptChunk,
  TranscriptEnd,
  TranscriptEndReason,
  TranscriptHead,
  TranscriptRecord,
} from './transcript/transcript.ts'
export { formatTranscript, parseTranscript } from './transcript/transcript-lines.ts'
export { type ReplayOptions, transcriptScript } from './transcript/transcript-script.ts'
