/** The bytes of the body of one request, as they came over the network. */
export class WireCounter {
  #counted: number | undefined
  #tell: ((bytes: number) => void) | undefined

  /** A request leaves: of those of a redirect only the last one matters. */
  restart(): void {
    this.#counted = 0
  }

  count(bytes: number): void {
    if (this.#tell !== undefined) this.#tell(bytes)
    else if (this.#counted !== undefined) this.#counted += bytes
  }

  /** Tells from now on, and of what has come already. `false` if the request did not come by. */
  start(tell: (bytes: number) => void): boolean {
    if (this.#counted === undefined) return false
    tell(this.#counted)
    this.#tell = tell
    return true
  }
}

/** The one of undici, as far as it matters here. */
interface Dispatcher {
  dispatch(options: object, handler: object): boolean
}

/**
 * In which global the `fetch` of Node keeps its dispatcher, by the major version of the undici in it. An unknown one may give its
 * dispatcher other handlers, so it is left alone.
 */
const GLOBAL_DISPATCHER: Readonly<Record<string, symbol>> = {
  6: Symbol.for('undici.globalDispatcher.1'),
  7: Symbol.for('undici.globalDispatcher.1'),
  8: Symbol.for('undici.globalDispatcher.2'),
}

/**
 * The request, made to go through a dispatcher that counts: `fetch` itself hands out what is decompressed, and of Node's diagnostics,
 * only newer versions tell of chunks, and never whose they are. No counter where `fetch` is not Node's.
 */
export function throughCountingDispatcher(
  init: RequestInit,
): readonly [init: RequestInit, wire?: WireCounter] {
  const { dispatcher = globalDispatcher() } = init as { dispatcher?: Dispatcher | undefined }
  if (dispatcher === undefined) return [init]
  const wire = new WireCounter()
  const dispatch: Dispatcher['dispatch'] = (options, handler) => {
    wire.restart()
    return dispatcher.dispatch(options, counted(handler, wire))
  }
  const counting: Dispatcher = Object.create(dispatcher, { dispatch: { value: dispatch } })
  return [{ ...init, dispatcher: counting } as RequestInit, wire]
}

function globalDispatcher(): Dispatcher | undefined {
  const { process } = globalThis as { process?: { versions?: { undici?: string } } }
  const symbol = GLOBAL_DISPATCHER[Number.parseInt(process?.versions?.undici ?? '', 10)]
  return symbol && (globalThis as Record<symbol, Dispatcher | undefined>)[symbol]
}

/** `fetch` makes a handler for each request, which is changed in place: one in front of it would have to know all that it can do. */
function counted(handler: object, wire: WireCounter): object {
  for (const [name, position] of CHUNKS) {
    const original = (handler as Record<string, ((...args: unknown[]) => unknown) | undefined>)[name]
    if (original === undefined) continue
    Object.defineProperty(handler, name, {
      value(this: unknown, ...args: unknown[]) {
        wire.count((args[position] as Uint8Array).byteLength)
        return original.apply(this, args)
      },
    })
  }
  return handler
}

/** What undici calls with the chunks of a body, and with which argument: version 6 and 7, and 8. A handler has one of them. */
const CHUNKS = [
  ['onData', 0],
  ['onResponseData', 1],
] as const
