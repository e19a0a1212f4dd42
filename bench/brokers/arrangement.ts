/** Where the log of a channel is, and how many processes serve it. */
export interface Arrangement {
  readonly name: string
  readonly broker: BrokerName | undefined
  readonly processes: number
}

export type BrokerName = 'redis' | 'nats'

/** The first is what the others are compared with. */
export const ARRANGEMENTS: readonly Arrangement[] = [
  { name: 'in memory', broker: undefined, processes: 1 },
  { name: 'Redis, 1 process', broker: 'redis', processes: 1 },
  { name: 'Redis, 2 processes', broker: 'redis', processes: 2 },
  { name: 'NATS, 1 process', broker: 'nats', processes: 1 },
  { name: 'NATS, 2 processes', broker: 'nats', processes: 2 },
]
