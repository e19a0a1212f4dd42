import type { DispatchedEvent } from '@sse/core'

/** From 2001 to 2286, which no counter and no number of seconds is. */
const MIN_EPOCH_MS = 1e12
const MAX_EPOCH_MS = 1e13

/**
 * When an event was sent, if its data is a JSON object that says so: `sentAt` or `at`, in milliseconds since 1970 or as an ISO date.
 */
export function sentAtOf({ data }: DispatchedEvent): number | undefined {
  if (!data.startsWith('{')) return undefined
  try {
    const { sentAt, at } = JSON.parse(data) as { readonly sentAt?: unknown; readonly at?: unknown }
    return epochMs(sentAt) ?? epochMs(at)
  } catch {
    return undefined
  }
}

function epochMs(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : value
  return typeof ms === 'number' && ms >= MIN_EPOCH_MS && ms < MAX_EPOCH_MS ? ms : undefined
}
