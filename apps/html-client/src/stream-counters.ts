import type { ReceivedEvent } from './stream-connection.ts'

/** What has come in on one stream since the page was loaded. */
export class StreamCounters {
  events = 0
  gaps = 0
  /** The data fields only, in UTF-16 units: near enough to bytes to compare streams, and free to count. */
  dataSize = 0

  count({ type, data }: ReceivedEvent): void {
    this.events += 1
    this.dataSize += data.length
    if (type === 'gap') this.gaps += 1
  }
}
