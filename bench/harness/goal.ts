/** A promise about a measured number. Whether it is met is computed here and nowhere typed by hand. */
export interface Goal {
  readonly claim: string
  readonly wanted: string
  readonly measured: string
  readonly met: boolean
}

/** `measured` is at least `bound` times something else. What could not be measured (`NaN`) is missed, here and below. */
export function ratioAtLeast(claim: string, measured: number, bound: number): Goal {
  return { claim, wanted: `≥ ${bound} ×`, measured: `${measured.toFixed(2)} ×`, met: measured >= bound }
}

export function atMost(claim: string, measured: number, bound: number, unit: string): Goal {
  return {
    claim,
    wanted: `≤ ${bound} ${unit}`,
    measured: `${measured.toFixed(2)} ${unit}`,
    met: measured <= bound,
  }
}

/** `measured` is at most `bound` times something else. */
export function ratioAtMost(claim: string, measured: number, bound: number): Goal {
  return { claim, wanted: `≤ ${bound} ×`, measured: `${measured.toFixed(2)} ×`, met: measured <= bound }
}
