/** A tab in the background gets no frames. It is kept up to date at this pace, for the moment it is looked at again. */
const WITHOUT_FRAMES_MS = 1_000

/**
 * Turns any number of calls into one call of `render` in the next animation frame, so that a burst of events costs
 * one layout.
 */
export function oncePerFrame(render: () => void): () => void {
  let requested = false
  return () => {
    if (requested) return
    requested = true
    const run = (): void => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
      requested = false
      render()
    }
    const frame = requestAnimationFrame(run)
    const timer = setTimeout(run, WITHOUT_FRAMES_MS)
  }
}
