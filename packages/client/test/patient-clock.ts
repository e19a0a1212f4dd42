import { type Clock, systemClock } from '@sse/core'

/** More than what a connection takes from its first packet to its first event, through a proxy, where nobody waits for anything else. */
const TURNS = 100

/**
 * Real time, for servers that run in the process of their client. On a busy machine a process may stand still for longer than a timeout
 * lasts. What should have come in the meantime comes in the next turns of its event loop, so a timer that is due lets these go first: it
 * fires only where nothing was going to come.
 */
export const patientClock: Clock = {
  ...systemClock,
  schedule(callback, delayMs, keepAlive) {
    let over = false
    let left = TURNS
    const turn = (): void => {
      if (over) return
      if (left-- > 0) systemClock.nextTurn(turn)
      else callback()
    }
    const cancel = systemClock.schedule(turn, delayMs, keepAlive)
    return () => {
      over = true
      cancel()
    }
  },
}
