import type { DispatchedEvent } from '@sse/core'
import type { Terminal } from './terminal.ts'

const COLOURS = ['cyan', 'green', 'yellow', 'magenta', 'blue'] as const

/** One event on one line: when, of what type, what it says, and its id. Lines of its data after the first are indented. */
export function describeEvent(
  { type, data, lastEventId }: DispatchedEvent,
  at: Date,
  { paint }: Pick<Terminal, 'paint'>,
): string {
  const time = paint('dim', at.toTimeString().slice(0, 8))
  const id = lastEventId === '' ? '' : `  ${paint('dim', `#${printable(lastEventId)}`)}`
  const [first = '', ...rest] = printable(data).split('\n')
  const lines = [`${time} ${paint(colourOf(type), printable(type).padEnd(10))} ${first}${id}`]
  for (const line of rest) lines.push(`${' '.repeat(20)}${line}`)
  return `${lines.join('\n')}\n`
}

/** The same in every run, so that an eye finds it again. */
function colourOf(type: string): (typeof COLOURS)[number] {
  let sum = 0
  for (const character of type) sum += character.codePointAt(0) ?? 0
  return COLOURS[sum % COLOURS.length] ?? 'cyan'
}

/** Without control characters: text from a stream must not move the cursor, or change what the terminal does. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
