import { curlCommand } from './curl.ts'
import { byId, field, setText } from './page.ts'
import type { StreamRequest } from './stream-request.ts'

/** Returns what shows a request as a command, to be copied. */
export function installCurlDialog(): (request: StreamRequest) => void {
  const dialog = byId('curl-dialog', HTMLDialogElement)
  const command = field(dialog, 'command', HTMLElement)
  const result = field(dialog, 'copied', HTMLElement)
  field(dialog, 'copy', HTMLButtonElement).addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(command.textContent)
      setText(result, 'Copied.')
    } catch {
      // Refused, or not offered to a page without TLS.
      getSelection()?.selectAllChildren(command)
      setText(result, 'The browser does not let the page copy. It is selected: copy it with the keyboard.')
    }
  })
  return (request) => {
    setText(command, curlCommand(request, location.href))
    setText(result, '')
    dialog.showModal()
  }
}
