import { parseObject } from './json.ts'

const PATIENCE_MS = 10_000

export interface Broadcast {
  readonly message: string
  readonly channel?: string
  readonly event?: string
}

export type BroadcastOutcome =
  | { readonly sent: true; readonly id: string; readonly channel: string; readonly subscribers: number }
  | { readonly sent: false; readonly problem: string; readonly issues: readonly string[] }

function failure(problem: string, issues: readonly string[] = []): BroadcastOutcome {
  return { sent: false, problem, issues }
}

function readReceipt(body: string): BroadcastOutcome {
  const { id, channel, subscribers } = parseObject<'id' | 'channel' | 'subscribers'>(body) ?? {}
  if (typeof id !== 'string' || typeof channel !== 'string' || typeof subscribers !== 'number') {
    return failure('The server accepted the message, but its answer is not understood.')
  }
  return { sent: true, id, channel, subscribers }
}

interface ErrorAnswer {
  readonly message: string
  readonly issues?: readonly { readonly path: string; readonly message: string }[]
}

function isErrorAnswer(value: unknown): value is ErrorAnswer {
  if (typeof value !== 'object' || value === null) return false
  if ('issues' in value && !Array.isArray(value.issues)) return false
  return 'message' in value && typeof value.message === 'string'
}

function readRefusal(status: number, body: string): BroadcastOutcome {
  const error = parseObject<'error'>(body)?.error
  if (!isErrorAnswer(error)) return failure(`The server answered with status ${status}.`)
  return failure(
    error.message,
    error.issues?.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
  )
}

/** Publishes a message to everyone who listens to the channel. Never rejects: a failure is an outcome to show. */
export async function sendBroadcast(broadcast: Broadcast): Promise<BroadcastOutcome> {
  try {
    const response = await fetch('/api/broadcast', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(broadcast),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const body = await response.text()
    return response.ok ? readReceipt(body) : readRefusal(response.status, body)
  } catch {
    return failure('The server did not answer. Is it running, and is one of the six connections to it free?')
  }
}
