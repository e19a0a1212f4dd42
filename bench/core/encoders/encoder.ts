/** An event as each encoder gets it; how it names the fields is the adapter's business. */
export interface OutgoingEvent {
  readonly id?: string
  readonly event?: string
  readonly data: string
}

export type Sink = (frame: Uint8Array) => void

/** From events to the bytes on the wire. The sink gets all of them before `encode` returns or its promise resolves. */
export interface Encoder {
  readonly name: string
  encode(events: readonly OutgoingEvent[], sink: Sink): void | Promise<void>
}
