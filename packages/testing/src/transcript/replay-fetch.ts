import { type ScriptedFetch, scriptedFetch } from '../script/scripted-fetch.ts'
import type { Transcript } from './transcript.ts'
import { type ReplayOptions, transcriptScript } from './transcript-script.ts'

/**
 * A `fetch` that answers every request with the transcript, whatever it asks for. It keeps what it was asked, as every
 * {@link scriptedFetch}.
 *
 * ```ts
 * const fetch = replayFetch(transcript, { speed: Infinity })
 * for await (const event of parseEventStream(await fetch('https://example.com/prices'))) …
 * ```
 *
 * @throws SseError `invalid-option`
 */
export function replayFetch(transcript: Transcript, options: ReplayOptions = {}): ScriptedFetch {
  return scriptedFetch(transcriptScript(transcript, options), { clock: options.clock })
}
