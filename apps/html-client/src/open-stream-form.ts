import { byId, setText } from './page.ts'
import type { StreamList } from './stream-list.ts'
import { READERS } from './stream-reader.ts'
import { METHODS, type StreamRequest } from './stream-request.ts'

/** One header on each line, `Name: value`. The first line that is none is the problem. */
function headersIn(text: string): { readonly headers: [string, string][]; readonly problem: string } {
  const headers: [string, string][] = []
  for (const line of text.split('\n').filter((written) => written.trim() !== '')) {
    const colon = line.indexOf(':')
    const header: [string, string] = [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    try {
      new Headers([header])
    } catch {
      return { headers, problem: `“${line.trim()}” is no header. Write one on each line, as Name: value.` }
    }
    headers.push(header)
  }
  return { headers, problem: '' }
}

function problemWithUrl(url: string): string {
  if (url === '') return 'Write the address of an event stream, as /stream or https://example.org/events.'
  const protocol = URL.canParse(url, location.href) ? new URL(url, location.href).protocol : ''
  return protocol === 'http:' || protocol === 'https:' ? '' : 'An event stream has an http or https address.'
}

/** Watches any address with any request that a browser can make. */
export function installOpenStreamForm(streams: StreamList): void {
  const form = byId('open-stream', HTMLFormElement)
  const url = byId('open-url', HTMLInputElement)
  const method = byId('open-method', HTMLSelectElement)
  const reader = byId('open-reader', HTMLSelectElement)
  const headers = byId('open-headers', HTMLTextAreaElement)
  const body = byId('open-body', HTMLTextAreaElement)
  const lastEventId = byId('open-last-event-id', HTMLInputElement)
  const stall = byId('open-stall', HTMLInputElement)
  const problemText = byId('open-problem', HTMLElement)
  const nativeNote = byId('open-native-note', HTMLElement)

  /** What EventSource cannot do is not offered while it is chosen; what was written stays for the way back. */
  const followReader = (): void => {
    const native = reader.value === 'EventSource'
    for (const control of [method, headers, body, stall]) control.disabled = native
    body.disabled ||= method.value === 'GET'
    nativeNote.hidden = !native
  }

  const typed = (): StreamRequest | string => {
    const address = url.value.trim()
    const native = reader.value === 'EventSource'
    const { headers: written, problem } = headersIn(headers.disabled ? '' : headers.value)
    const wrong = problemWithUrl(address) || problem
    if (wrong !== '') return wrong
    return {
      url: address,
      method: (!native && METHODS.find((name) => name === method.value)) || 'GET',
      headers: written,
      body: body.disabled ? '' : body.value,
      lastEventId: lastEventId.value,
      reader: READERS.find((kind) => kind === reader.value) ?? '@sse/client',
      stallTimeoutMs: native || stall.value === '' ? undefined : Math.max(0, Number(stall.value) * 1_000),
    }
  }

  reader.addEventListener('change', followReader)
  method.addEventListener('change', followReader)
  form.addEventListener('submit', (submission) => {
    submission.preventDefault()
    const request = typed()
    const problem = typeof request === 'string' ? request : ''
    setText(problemText, problem)
    url.setAttribute('aria-invalid', String(problemWithUrl(url.value.trim()) !== ''))
    if (typeof request === 'string') return
    streams.add(streams.freeName(nameFor(request.url)), request).connect()
  })
  followReader()
}

/** The end of the path says most. */
function nameFor(url: string): string {
  const { pathname, host } = new URL(url, location.href)
  return pathname.split('/').findLast((part) => part !== '') ?? host
}
