interface Plan {
  readonly summary: string
  readonly clients: number
  /** Of each run, by the length of an event's data. */
  readonly runs: ReadonlyArray<{ readonly dataLength: number; readonly events: number }>
  readonly rounds: number
  readonly warmUps: number
}

export const FULL: Plan = {
  summary: 'Medians of 5 rounds.',
  clients: 1_000,
  runs: [
    { dataLength: 1_000, events: 60 },
    { dataLength: 100, events: 120 },
  ],
  rounds: 5,
  warmUps: 1,
}

/** Shows that everything runs and every event arrives. Its numbers mean nothing. */
export const QUICK: Plan = {
  summary: '**Quick run: these numbers mean nothing.**',
  clients: 10,
  runs: [{ dataLength: 1_000, events: 40 }],
  rounds: 1,
  warmUps: 0,
}
