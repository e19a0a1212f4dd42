import { byteStream } from './byte-stream.ts'
import type { Bound } from './contender.ts'

export const pushBound: Bound = {
  name: 'bound: TextDecoder alone',
  decode(chunks) {
    const decoder = new TextDecoder()
    let length = 0
    for (const chunk of chunks) length += decoder.decode(chunk, { stream: true }).length
    return length
  },
}

export const streamBound: Bound = {
  name: 'bound: stream reader + TextDecoder',
  async decode(chunks) {
    const decoder = new TextDecoder()
    const reader = byteStream(chunks).getReader()
    let length = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return length
      length += decoder.decode(value, { stream: true }).length
    }
  },
}
