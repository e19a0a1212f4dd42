/** How long a page that paints nothing, because it is hidden, waits at most. */
const HIDDEN_MS = 100

interface Painter {
  requestAnimationFrame?: (callback: () => void) => number
  cancelAnimationFrame?: (handle: number) => void
}

/** A function that calls back before the next frame is painted, once for all calls until then. Without frames it takes a moment. */
export function oncePerFrame(callback: () => void): { schedule(): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame: number | undefined
  const { requestAnimationFrame, cancelAnimationFrame } = globalThis as Painter
  const cancel = (): void => {
    clearTimeout(timer)
    if (frame !== undefined) cancelAnimationFrame?.(frame)
    timer = undefined
  }
  const run = (): void => {
    cancel()
    callback()
  }
  return {
    schedule() {
      if (timer !== undefined) return
      frame = requestAnimationFrame?.(run)
      timer = setTimeout(run, frame === undefined ? 0 : HIDDEN_MS)
    },
    cancel,
  }
}
