export type { CaseSelection } from './case-run.ts'
export type { ClientAdapter, ClientEvent, ClientEvents, OpenClient } from './client/client-adapter.ts'
export type { ClientStage } from './client/client-stage.ts'
export {
  type AnyEventSourceClass,
  CLIENT_RULES,
  type ConformClientOptions,
  conformClient,
} from './client/conform-client.ts'
export { type InPagesOptions, inPages, type PageLike } from './client/in-pages.ts'
export { offerToConformance } from './client/page-script.ts'
export type { CaseOutcome, CaseResult } from './report/case-result.ts'
export { ConformanceReport } from './report/conformance-report.ts'
export type { OutcomeCounts, ReportAsJson } from './report/json-report.ts'
export { type ConformanceRule, REQUIREMENT_LEVELS, type RequirementLevel } from './rule.ts'
export {
  type ConformServerOptions,
  conformServer,
  type NodeHandler,
  SERVER_RULES,
} from './server/conform-server.ts'
