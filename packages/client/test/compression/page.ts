import { createEventSource, measureTraffic, type Traffic } from '../../src/index.ts'

export type Counted = Omit<Traffic, 'fetch'>

/** For the test: what was counted when all events had come, and when what they were on the wire was told. */
async function follow(url: string, events: number): Promise<Counted[]> {
  const traffic = measureTraffic()
  const counted = ({ bytes, wireBytes, unknownBytes }: Traffic): Counted => ({
    bytes,
    wireBytes,
    unknownBytes,
  })
  const source = createEventSource(url, { fetch: traffic.fetch, maxAttempts: 1 })
  source.observe(() => {})
  const open = await new Promise<Counted>((resolve) => {
    let read = 0
    source.on('quote', () => {
      read++
      if (read < events) return
      // Told only when it is counted: the test ends the stream then.
      setTimeout(() => {
        resolve(counted(traffic))
        Object.assign(globalThis, { read })
      })
    })
  })
  await source.closed
  while (traffic.unknownBytes > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  return [open, counted(traffic)]
}

Object.assign(globalThis, { follow, read: 0 })
