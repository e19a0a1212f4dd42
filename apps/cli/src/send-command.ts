import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT } from './exit-code.ts'
import { headerOption, parseUrl, type RequestOptions } from './request-options.ts'
import type { Terminal } from './terminal.ts'

interface SendOptions extends Pick<RequestOptions, 'header'> {
  readonly event?: string
  readonly channel?: string
  readonly field: Readonly<Record<string, string>>
}

const EXAMPLES = `
Examples:
  sse send localhost:8000/api/broadcast "Tea is ready" --channel kitchen --event tea
  sse send localhost:8000/rooms/lobby --field user=ada --field text=hello

The message is posted as JSON: { "message": …, "event": …, "channel": … }, which is what the demo and the examples take.`

/** `sse send`: posts a message to whatever broadcasts it. */
export function sendCommand(terminal: Terminal): Command {
  return new Command('send')
    .description('Posts a message as JSON, for a server that broadcasts it.')
    .argument('<url>', 'where messages are posted', parseUrl)
    .argument('[message]', 'its text')
    .option('-e, --event <type>', 'its event type')
    .option('-c, --channel <name>', 'its channel')
    .addOption(
      new Option('-f, --field <name=value>', 'another field of the JSON; may be given more than once')
        .argParser(addField)
        .default({}, 'none'),
    )
    .addOption(headerOption())
    .addHelpText('after', EXAMPLES)
    .action((url: URL, message: string | undefined, options: SendOptions) =>
      send(url, message, options, terminal),
    )
}

async function send(
  url: URL,
  message: string | undefined,
  options: SendOptions,
  terminal: Terminal,
): Promise<void> {
  const { event, channel, field, header } = options
  const body = {
    ...(message !== undefined && { message }),
    ...(event && { event }),
    ...(channel && { channel }),
    ...field,
  }
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...header },
      body: JSON.stringify(body),
      signal: terminal.signal,
    })
    const text = await response.text()
    if (text !== '') await terminal.out(`${text.trimEnd()}\n`)
    if (response.ok) return
    terminal.note(`sse: the server answered ${response.status} ${response.statusText}`)
    terminal.exit(EXIT.httpError)
  } catch (error) {
    if (terminal.signal.aborted) return
    terminal.note(`sse: ${url.origin} cannot be reached: ${reasonOf(error)}`)
    terminal.exit(EXIT.cannotConnect)
  }
}

/** `fetch failed` has its reason as its cause. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } }
  return cause?.code ?? cause?.message ?? message ?? String(error)
}

function addField(text: string, fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('A field is name=value.')
  return { ...fields, [text.slice(0, equals)]: text.slice(equals + 1) }
}
