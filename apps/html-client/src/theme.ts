import { StoredSetting } from './stored-setting.ts'

const systemPrefersDark = matchMedia('(prefers-color-scheme: dark)')
const choice = new StoredSetting('theme')

function isDark(): boolean {
  const chosen = choice.read()
  return chosen === null ? systemPrefersDark.matches : chosen === 'dark'
}

/**
 * Follows the system's colour scheme until the visitor chooses the other one. Choosing what the system prefers anyway
 * goes back to following it.
 */
export function installThemeToggle(button: HTMLButtonElement, themeChanged: () => void): void {
  const apply = (): void => {
    const dark = isDark()
    document.documentElement.setAttribute('data-theme', dark ? 'dark' : 'light')
    button.setAttribute('aria-pressed', String(dark))
    themeChanged()
  }
  button.addEventListener('click', () => {
    const dark = !isDark()
    choice.write(dark === systemPrefersDark.matches ? null : dark ? 'dark' : 'light')
    apply()
  })
  systemPrefersDark.addEventListener('change', apply)
  choice.onChangeElsewhere(apply)
  apply()
}
