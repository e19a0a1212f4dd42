export type { DeliveryFault, DeliveryReport } from './load/delivery-check.ts'
export type { Percentiles } from './load/durations.ts'
export { type LoadOptions, load } from './load/load.ts'
export type { ConnectionCounts, LoadProgress, LoadReport } from './load/load-report.ts'
export { seeded } from './seeded.ts'
export { type ReplayServerOptions, replayServer } from './transcript/replay-server.ts'
export {
  readTranscript,
  type SavedTranscript,
  type SaveTranscriptOptions,
  saveTranscript,
} from './transcript/transcript-file.ts'
