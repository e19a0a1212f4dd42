import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'

/** What the commands that make a request take, in the letters of curl. */
export interface RequestOptions {
  readonly header: Readonly<Record<string, string>>
  readonly request: string | undefined
  readonly data: string | undefined
  readonly lastEventId: string | undefined
}

export interface PreparedRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export function withRequestOptions(command: Command): Command {
  return command
    .addOption(headerOption())
    .option('-X, --request <method>', 'its method; GET, or POST where there is data')
    .option('-d, --data <text>', 'its body; @file reads it from a file, @- from standard input', readData)
}

export function headerOption(): Option {
  return new Option(
    '-H, --header <line>',
    'a header of the request, as "name: value"; may be given more than once',
  )
    .default({}, 'none')
    .argParser(addHeader)
}

/** A duration that is 10 s unless it is said. */
export function durationOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(duration).default(10_000, '10s')
}

/** The request that the options describe. A body that looks like JSON is sent as JSON, unless a header says otherwise. */
export function prepareRequest({ header, request, data }: RequestOptions): PreparedRequest {
  const headers: Record<string, string> = { ...header }
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  if (data !== undefined && !typed)
    headers['content-type'] = isJson(data) ? 'application/json' : 'application/x-www-form-urlencoded'
  return { method: request?.toUpperCase() ?? (data === undefined ? 'GET' : 'POST'), headers, body: data }
}

/** A whole number from 0 up, or from `min`. */
export function wholeNumber(min = 0): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (Number.isSafeInteger(number) && number >= min) return number
    throw new InvalidArgumentError(`It must be a whole number from ${min} up.`)
  }
}

/** `1500ms`, `30s`, `5m`: milliseconds. A number alone could be anything. */
function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  if (amount === undefined) throw new InvalidArgumentError('It must be a duration, as 500ms, 30s, 5m or 1h.')
  return Number(amount) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit as 'ms']
}

export function parseUrl(text: string): URL {
  // `localhost:8000/stream` is what people type, and it is a URL of the scheme "localhost:".
  const complete = /^https?:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(complete)) throw new InvalidArgumentError('It is no URL.')
  return new URL(complete)
}

function addHeader(line: string, headers: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):\s*(.*)$/.exec(line) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('A header is "name: value".')
  return { ...headers, [name]: value }
}

function readData(text: string): string {
  if (!text.startsWith('@')) return text
  return readFileSync(text === '@-' ? 0 : text.slice(1), 'utf8')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
