import { createEventSource, measureTraffic } from '@sse/client'

const traffic = measureTraffic()
const ticks = createEventSource('http://localhost:3000', { fetch: traffic.fetch })

for await (const { data } of ticks) {
  const { bytes, wireBytes, unknownBytes } = traffic
  console.log(data, `${wireBytes} bytes on the wire for ${bytes - unknownBytes} bytes of stream`)
}
