import type { EventTypes } from './event-types.ts'
import { byId } from './page.ts'

/** Lets the visitor edit the added event types. Returns what to call when they changed in another way. */
export function installEventTypesField(eventTypes: EventTypes): () => void {
  const input = byId('event-types', HTMLInputElement)
  const show = (): void => {
    input.value = eventTypes.added()
  }
  input.addEventListener('change', () => eventTypes.replaceAdded(input.value))
  show()
  return show
}
