import { testingError } from '../errors.ts'
import { Target, type TargetOptions } from './target.ts'

/**
 * What is behind a proxy: a server, as `http://…`, `https://…`, or `tcp://host:port` where something else than HTTP is spoken; several, to which
 * connections go in turn, past those that do not take them; or a function that says so for each connection, where servers come and go.
 */
export type FaultTarget = ServerUrls | (() => ServerUrls)

/** One server, or several. */
export type ServerUrls = string | URL | readonly (string | URL)[]

/** The servers behind the proxy, and whose turn it is. */
export class Targets {
  readonly #servers: readonly Target[] | (() => readonly Target[])
  #turn = 0

  /** @throws `invalid-option` */
  constructor(target: FaultTarget, options: TargetOptions) {
    const targetsOf = (urls: ServerUrls): readonly Target[] =>
      (isList(urls) ? urls : [urls]).map((url) => new Target(url, options))
    this.#servers = typeof target === 'function' ? () => targetsOf(target()) : targetsOf(target)
    if (this.#servers.length > 0 || typeof target === 'function') return
    throw testingError('invalid-option', 'The target must be a server, or several, but there is none.', {
      field: 'target',
    })
  }

  /** Of the first server, if that is known before there are connections. */
  get url(): URL | undefined {
    return typeof this.#servers === 'function' ? undefined : this.#servers[0]?.url
  }

  /** The servers for one connection, in the order in which they are to be tried: it is the turn of the first. */
  forConnection(): readonly Target[] {
    const servers = typeof this.#servers === 'function' ? this.#servers() : this.#servers
    const first = this.#turn++ % servers.length
    return [...servers.slice(first), ...servers.slice(0, first)]
  }

  /** One did not take a connection, which goes to the next: that one has had its turn. */
  passedOver(): void {
    this.#turn++
  }
}

function isList(urls: ServerUrls): urls is readonly (string | URL)[] {
  return Array.isArray(urls)
}
