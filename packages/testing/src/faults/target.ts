import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { testingError } from '../errors.ts'

/** How targets are spoken to. */
export interface TargetOptions {
  readonly tls?: ConnectionOptions | undefined
  /** Default: where the target is `https`. */
  readonly rewriteHost?: boolean | undefined
}

/** A server behind the proxy. */
export class Target {
  readonly url: URL
  /** Whether requests name it in `Host`. */
  readonly rewritesHost: boolean
  readonly #tls: ConnectionOptions

  /** @throws `invalid-option` */
  constructor(target: string | URL, { tls = {}, rewriteHost }: TargetOptions = {}) {
    const url = URL.parse(String(target))
    const isTcp = url?.protocol === 'tcp:' && url.port !== ''
    if (url === null || !(isTcp || ['http:', 'https:'].includes(url.protocol))) {
      throw testingError(
        'invalid-option',
        `The target must be the URL of a server, such as http://localhost:3000 or tcp://localhost:6379, but it is ${JSON.stringify(String(target))}.`,
        { field: 'target' },
      )
    }
    if (isTcp && rewriteHost) {
      throw testingError(
        'invalid-option',
        `There is no Host to rewrite for ${url}: leave rewriteHost out, or name the target by http.`,
        { field: 'rewriteHost' },
      )
    }
    this.url = url
    this.#tls = tls
    this.rewritesHost = rewriteHost ?? this.isTls
  }

  get isTls(): boolean {
    return this.url.protocol === 'https:'
  }

  /** What its socket tells when it can be spoken to. */
  get connected(): 'secureConnect' | 'connect' {
    return this.isTls ? 'secureConnect' : 'connect'
  }

  connect(): Socket {
    const { isTls, url } = this
    // The brackets of an IPv6 address belong to the URL.
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const to = { host, port: Number(url.port || (isTls ? 443 : 80)), allowHalfOpen: true, noDelay: true }
    if (!isTls) return connect(to)
    return connectTls({
      ...to,
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['http/1.1'],
      ...this.#tls,
    })
  }
}
