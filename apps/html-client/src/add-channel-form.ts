import { channelUrl, isChannelName } from './channel-name.ts'
import { byId, setText } from './page.ts'
import type { StreamList } from './stream-list.ts'
import { getRequest } from './stream-request.ts'

function problemWith(name: string, streams: StreamList): string {
  if (!isChannelName(name)) return 'Up to 64 of a–z, 0–9, - and _, starting with a letter or a digit.'
  if (streams.has(name)) return `${name} is in the list already.`
  return ''
}

/** Puts any channel of the server on the list and connects it. */
export function installAddChannelForm(streams: StreamList): void {
  const form = byId('add-channel', HTMLFormElement)
  const input = byId('channel-name', HTMLInputElement)
  const problemText = byId('channel-problem', HTMLElement)

  const show = (problem: string): void => {
    setText(problemText, problem)
    input.setAttribute('aria-invalid', String(problem !== ''))
  }

  input.addEventListener('input', () => show(''))
  form.addEventListener('submit', (submission) => {
    submission.preventDefault()
    const name = input.value.trim()
    const problem = problemWith(name, streams)
    show(problem)
    input.focus()
    if (problem !== '') return
    input.value = ''
    streams.add(name, getRequest(channelUrl(name))).connect()
  })
}
