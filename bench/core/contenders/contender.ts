/** What a contender reports for each event. All of them call the same function, so that none is spared its cost. */
export type OnEvent = (type: string, data: string, id: string) => void

/** A parser, from the chunks of a corpus to dispatched events. Each call starts with a fresh parser. */
export interface Contender {
  readonly name: string
  parse(chunks: readonly Uint8Array<ArrayBuffer>[], onEvent: OnEvent): void | Promise<void>
}

/** The floor under every parser: it only turns the same chunks into text, and returns how long that is. */
export interface Bound {
  readonly name: string
  decode(chunks: readonly Uint8Array<ArrayBuffer>[]): number | Promise<number>
}
