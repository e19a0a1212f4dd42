import { byId, field, setText } from './page.ts'

const SAID = {
  cut: 'Each stream of this computer was cut by the server. Watch them come back.',
  stall:
    'Each stream of this computer is held back: connected, and silent. A client notices when the silence is longer than it allows.',
} as const

type Trouble = keyof typeof SAID

async function askFor(kind: Trouble): Promise<string> {
  try {
    const response = await fetch('/api/trouble', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind }),
    })
    if (response.ok) return SAID[kind]
    return response.status === 404
      ? 'This server has no trouble to offer.'
      : `The server refused, with status ${response.status}.`
  } catch {
    return 'The server cannot be reached.'
  }
}

/** Buttons that ask the server to misbehave, to see the streams recover. */
export function installTroublePanel(): void {
  const root = byId('trouble', HTMLElement)
  const result = field(root, 'result', HTMLElement)
  for (const kind of ['cut', 'stall'] as const) {
    field(root, kind, HTMLButtonElement).addEventListener('click', async () => {
      setText(result, await askFor(kind))
    })
  }
}
