export type {
  BufferFault,
  ConnectionFaults,
  CorruptFault,
  CutFault,
  CutKind,
  FaultPlace,
  FaultPlan,
  PlannedConnection,
  StallFault,
  StreamFaults,
} from './faults/fault-plan.ts'
export { faultProxy } from './faults/fault-proxy.ts'
export type { FaultProxy, FaultProxyOptions, FaultProxyStatistics } from './faults/fault-proxy-face.ts'
export type { Direction, FaultConnection, FaultEvent, FaultKind, ProxyHappening } from './faults/happening.ts'
export type { CountedFrom } from './faults/position.ts'
export type { FaultTarget, ServerUrls } from './faults/targets.ts'
export type { DeliveryFault, DeliveryReport } from './load/delivery-check.ts'
export { describeLoad, describeProgress } from './load/describe-load.ts'
export type { Percentiles } from './load/durations.ts'
export { type LoadOptions, load } from './load/load.ts'
export type { ConnectionCounts, LoadProgress, LoadReport } from './load/load-report.ts'
export {
  type Routes,
  type ScriptedServer,
  type ScriptedServerOptions,
  type SocketExchange,
  type SocketScript,
  scriptedServer,
} from './script/scripted-server.ts'
export type { Framing, SocketHead, SocketResponse } from './script/socket-answer.ts'
export { seeded } from './seeded.ts'
export { type ReplayServerOptions, replayServer } from './transcript/replay-server.ts'
export {
  readTranscript,
  type SavedTranscript,
  type SaveTranscriptOptions,
  saveTranscript,
} from './transcript/transcript-file.ts'
