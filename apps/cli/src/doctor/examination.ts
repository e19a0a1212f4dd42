import { type Probe, probe, speaksHttp2 } from './probe.ts'

/** All that was seen of a stream from outside. */
export interface Examination {
  /** Without compression, for the whole time. */
  readonly plain: Probe
  /** Beside it: as a browser asks, with compression allowed. */
  readonly compressed: Probe
  /** Again, after the first event that had an id: by the header, and by the query. `undefined` without ids. */
  readonly resumed: { readonly after: string; readonly byHeader: Probe; readonly byQuery: Probe } | undefined
  readonly http2: boolean
}

export interface ExamineOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly observeMs: number
  readonly signal: AbortSignal
}

/** How long a server may take to go on after an id, once the stream is known to flow. */
const RESUME_MS = 3_000

export async function examine(
  url: URL,
  { headers, observeMs, signal }: ExamineOptions,
): Promise<Examination> {
  const look = (extra: Readonly<Record<string, string>>): Promise<Probe> =>
    probe(url, { headers: { ...headers, ...extra }, observeMs, signal })
  const [plain, compressed, http2] = await Promise.all([
    look({ 'accept-encoding': 'identity' }),
    look({ 'accept-encoding': 'gzip, deflate, br' }),
    speaksHttp2(url),
  ])
  return { plain, compressed, http2, resumed: await resume(url, plain, { headers, observeMs, signal }) }
}

async function resume(
  url: URL,
  plain: Probe,
  { headers, signal }: ExamineOptions,
): Promise<Examination['resumed']> {
  const ids = idsOf(plain)
  // The one before the last: there is an event that must come.
  const after = ids.at(-2)
  if (after === undefined) return undefined
  // The first event may be a greeting, which has none.
  const looking = { observeMs: RESUME_MS, untilId: true, signal }
  const query = new URL(url)
  query.searchParams.set('lastEventId', after)
  const [byHeader, byQuery] = await Promise.all([
    probe(url, { ...looking, headers: { ...headers, 'last-event-id': after } }),
    probe(query, { ...looking, headers }),
  ])
  return { after, byHeader, byQuery }
}

export function idsOf({ events }: Probe): string[] {
  return events.flatMap(({ id }) => (id ? [id] : []))
}
