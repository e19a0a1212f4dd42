export interface Plan {
  readonly summary: string
  readonly rounds: number
  readonly warmUps: number
  /** B1 and B2: in all processes together. */
  readonly clients: number
  readonly dataLength: number
  /** B1 */
  readonly roundMs: number
  /** B2 */
  readonly perSecond: number
  readonly events: number
  /** B3 */
  readonly publishes: number
  readonly inFlight: number
  /** B4 */
  readonly retained: number
}

export const FULL: Plan = {
  summary: 'Medians of 5 rounds.',
  rounds: 5,
  warmUps: 1,
  clients: 500,
  dataLength: 100,
  roundMs: 1_500,
  perSecond: 200,
  events: 400,
  publishes: 20_000,
  inFlight: 100,
  retained: 100_000,
}

/** Shows that everything runs and every client gets every event. Its numbers mean nothing. */
export const QUICK: Plan = {
  summary: '**Quick run: these numbers mean nothing.**',
  rounds: 1,
  warmUps: 0,
  clients: 20,
  dataLength: 100,
  roundMs: 50,
  perSecond: 200,
  events: 20,
  publishes: 200,
  inFlight: 50,
  retained: 2_000,
}
