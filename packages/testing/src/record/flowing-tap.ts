import type { Readable } from 'node:stream'
import { ChunkEncoder, hasMethod } from './byte-pump.ts'
import type { StreamSink, StreamTap } from './stream-source.ts'

/** A stream of Node. */
export function isNodeReadable(body: unknown): body is Readable {
  return (
    hasMethod(body, 'on') &&
    hasMethod(body, 'pause') &&
    hasMethod(body, 'resume') &&
    hasMethod(body, 'destroy')
  )
}

/**
 * Takes the chunks as they come, and asks for none: a stream of Node that breaks drops what nobody has read yet, and a test that cuts
 * a connection wants to know what came before.
 */
export function tapNodeReadable(body: Readable, sink: StreamSink): StreamTap {
  body.on('end', () => sink.ended('complete'))
  body.on('error', (error) => sink.ended('cut', error))
  body.on('close', () => sink.ended('cut'))
  const encoder = new ChunkEncoder()
  body.on('data', (chunk: unknown) => {
    try {
      sink.bytes(encoder.encode(chunk))
    } catch (error) {
      // What a listener throws would end the process.
      body.destroy(error as Error)
    }
  })
  return {
    pause: () => void body.pause(),
    resume: () => void body.resume(),
    close: async () => void body.destroy(),
  }
}
