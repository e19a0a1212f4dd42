/** What is needed of a client here. */
interface Connecting {
  on(event: 'ready', listener: () => void): unknown
}

type Call = (command: string, ...args: string[]) => Promise<unknown>

const known = new WeakMap<Connecting, LoadedScripts>()

/**
 * The scripts that the server at the other end of a client's connection has, and by what names. A script is several times as long as what it is
 * given, and the server would have to hash it each time to find that it has it.
 *
 * A server may be another one, or have been restarted, when the connection is a new one: then it has none. Until it has said the name, the script
 * itself is sent, so that nothing has to wait, and nothing overtakes what was sent before.
 */
export class LoadedScripts {
  static of(client: Connecting): LoadedScripts {
    const scripts = known.get(client) ?? new LoadedScripts(client)
    known.set(client, scripts)
    return scripts
  }

  /** Names by scripts; `undefined` for those that it was asked to take, and has not answered, or not taken. */
  #names = new Map<string, string | undefined>()

  private constructor(client: Connecting) {
    client.on('ready', () => {
      this.#names = new Map()
    })
  }

  /** By what name the server knows the script; `undefined` if it does not, or not yet. */
  nameOf(script: string, call: Call): string | undefined {
    const names = this.#names
    if (!names.has(script)) {
      names.set(script, undefined)
      // A user who may not do that goes on as before.
      call('SCRIPT', 'LOAD', script).then(
        (name) => names.set(script, String(name)),
        () => {},
      )
    }
    return names.get(script)
  }
}
