import { byId } from './page.ts'

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, dialog[open]') !== null
}

/** Single keys for what is done often. They do nothing while something is typed. */
export function installKeyboard(keys: Readonly<Record<string, () => void>>): void {
  const dialog = byId('keys-dialog', HTMLDialogElement)
  const all: Readonly<Record<string, () => void>> = { ...keys, '?': () => dialog.showModal() }
  byId('keys-button', HTMLButtonElement).addEventListener('click', () => dialog.showModal())
  addEventListener('keydown', (press) => {
    if (press.ctrlKey || press.metaKey || press.altKey || isTyping(press.target)) return
    const act = Object.hasOwn(all, press.key) ? all[press.key] : undefined
    if (act === undefined) return
    press.preventDefault()
    act()
  })
}
