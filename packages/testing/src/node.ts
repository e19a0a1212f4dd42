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
export { seeded } from './seeded.ts'
