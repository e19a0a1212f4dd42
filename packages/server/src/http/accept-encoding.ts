/**
 * Whether an `Accept-Encoding` asks for gzip (RFC 9110 §12.5.3): it is named, or `*` stands for it, with a weight above 0
 * and no lower than that of `identity`. Without the header a client could take anything, but nobody means that.
 */
export function acceptsGzip(header: string | undefined): boolean {
  const weights = parseWeights(header ?? '')
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0
  return gzip > 0 && gzip >= (weights.get('identity') ?? 0)
}

const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/** The codings by name, in lower case. One whose weight cannot be read is not wanted. */
function parseWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>()
  for (const item of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    if (name === '') continue
    const [weight] = parameters
    weights.set(name, weight === undefined ? 1 : Number(WEIGHT.exec(weight)?.[1] ?? 0))
  }
  return weights
}
