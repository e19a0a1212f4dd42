import { type Broadcast, type BroadcastOutcome, sendBroadcast } from './broadcast-request.ts'
import type { EventTypes } from './event-types.ts'
import { byId, setText } from './page.ts'

function paragraph(text: string): HTMLElement {
  const created = document.createElement('p')
  setText(created, text)
  return created
}

function outcomeTexts(outcome: BroadcastOutcome): readonly string[] {
  if (!outcome.sent) return [outcome.problem, ...outcome.issues]
  const { id, channel, subscribers } = outcome
  const receivers = subscribers === 1 ? '1 subscriber' : `${subscribers} subscribers`
  return [`Sent to ${receivers} of ${channel} as ${id}.`]
}

/** Sends what is typed to all subscribers of a channel and tells what the server made of it. */
export function installBroadcastForm(eventTypes: EventTypes): void {
  const form = byId('broadcast', HTMLFormElement)
  const message = byId('broadcast-message', HTMLTextAreaElement)
  const channel = byId('broadcast-channel', HTMLInputElement)
  const event = byId('broadcast-event', HTMLInputElement)
  const result = byId('broadcast-result', HTMLElement)
  let sending = false

  /** Fields left empty are left out, so that the server's defaults apply. */
  const typedBroadcast = (): Broadcast => ({
    message: message.value,
    ...(channel.value.trim() && { channel: channel.value.trim() }),
    ...(event.value.trim() && { event: event.value.trim() }),
  })

  const send = async (): Promise<void> => {
    if (sending) return
    sending = true
    form.setAttribute('aria-busy', 'true')
    const broadcast = typedBroadcast()
    // Before the server publishes it: this window wants to see its own event too.
    if (broadcast.event) eventTypes.add(broadcast.event)
    const outcome = await sendBroadcast(broadcast)
    result.setAttribute('data-outcome', outcome.sent ? 'sent' : 'failed')
    result.replaceChildren(...outcomeTexts(outcome).map(paragraph))
    if (outcome.sent && message.value === broadcast.message) message.value = ''
    form.removeAttribute('aria-busy')
    sending = false
  }

  form.addEventListener('submit', (submission) => {
    submission.preventDefault()
    void send()
  })
  form.addEventListener('keydown', (press) => {
    if (press.key !== 'Enter' || !(press.ctrlKey || press.metaKey)) return
    press.preventDefault()
    form.requestSubmit()
  })
}
