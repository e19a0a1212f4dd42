import { type ScriptedServer, scriptedServer } from '../script/scripted-server.ts'
import type { Transcript } from './transcript.ts'
import { type ReplayOptions, transcriptScript } from './transcript-script.ts'

export interface ReplayServerOptions extends ReplayOptions {
  /** Default 0: any that is free. */
  readonly port?: number | undefined
  /** Whether pages of all origins may read it. Default false. */
  readonly cors?: boolean | undefined
}

/**
 * A server on 127.0.0.1 that answers every request, whatever its path, with the transcript. It keeps what it was asked, as every
 * {@link scriptedServer}.
 *
 * ```ts
 * await using server = await replayServer(await readTranscript('prices.jsonl'), { speed: 10 })
 * const source = new EventSource(server.url)
 * ```
 *
 * @throws SseError `invalid-option`
 */
export async function replayServer(
  transcript: Transcript,
  options: ReplayServerOptions = {},
): Promise<ScriptedServer> {
  const { clock, port, cors } = options
  return scriptedServer(transcriptScript(transcript, options), { clock, port, cors })
}
