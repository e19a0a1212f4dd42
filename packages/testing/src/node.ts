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
