/** The headers of a request: the record of a Node server, or the `Headers` of the Fetch standard. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>> | Pick<Headers, 'get'>

/** One header, by its name in lower case; `undefined` where the request has none. */
export function readHeader(headers: RequestHeaders, name: string): string | undefined {
  if (isFetchHeaders(headers)) return headers.get(name) ?? undefined
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function isFetchHeaders(headers: RequestHeaders): headers is Pick<Headers, 'get'> {
  // Not by `in`: a client may send a header that is called `get`.
  return typeof (headers as Pick<Headers, 'get'>).get === 'function'
}
