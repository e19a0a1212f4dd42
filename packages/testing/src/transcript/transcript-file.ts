import { type FileHandle, open, readFile } from 'node:fs/promises'
import { type CaptureOptions, capture, type TranscriptSource } from './capture.ts'
import type { Transcript, TranscriptEnd, TranscriptRecord } from './transcript.ts'
import { formatRecord, parseTranscript } from './transcript-lines.ts'

export interface SaveTranscriptOptions extends CaptureOptions {
  /** Told of each record once it is written. */
  readonly onRecord?: ((record: TranscriptRecord) => void) | undefined
}

/** What was written. */
export interface SavedTranscript {
  readonly chunks: number
  /** Of the body. */
  readonly bytes: number
  readonly end: TranscriptEnd
}

/**
 * Records a stream into a file, line by line as it comes, so that a recording of any length takes no memory. A file
 * that exists is replaced. TRANSCRIPT.md describes the format.
 *
 * ```ts
 * await saveTranscript('https://example.com/prices', 'prices.jsonl', { durationMs: 30_000 })
 * ```
 *
 * Rejects when there is no response, as `fetch` does, and no file is written then; a body that breaks is part of the transcript.
 */
export async function saveTranscript(
  source: TranscriptSource,
  file: string | URL,
  options: SaveTranscriptOptions = {},
): Promise<SavedTranscript> {
  let handle: FileHandle | undefined
  let chunks = 0
  let bytes = 0
  try {
    for await (const record of capture(source, options)) {
      handle ??= await open(file, 'w')
      await handle.write(formatRecord(record))
      options.onRecord?.(record)
      if (record.kind === 'chunk') {
        chunks++
        bytes += record.chunk.bytes.byteLength
      } else if (record.kind === 'end') {
        return { chunks, bytes, end: record.end }
      }
    }
  } finally {
    await handle?.close()
  }
  throw new Error('A recording has an end.')
}

/**
 * The transcript that a file is.
 *
 * @throws SseError `invalid-transcript`, with the file and the line.
 */
export async function readTranscript(file: string | URL): Promise<Transcript> {
  return parseTranscript(await readFile(file, 'utf8'), String(file))
}
