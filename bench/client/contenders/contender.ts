/** Connects, tells of each event of type `tick`, and returns what ends it. */
export type Follow = (url: string, onTick: (data: string, lastEventId: string) => void) => () => void
