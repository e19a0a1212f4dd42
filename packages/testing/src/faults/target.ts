import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { testingError } from '../errors.ts'

/** The server behind the proxy. */
export class Target {
  readonly url: URL
  readonly #tls: ConnectionOptions

  constructor(target: string | URL, tls: ConnectionOptions = {}) {
    const url = URL.parse(String(target))
    if (url === null || !['http:', 'https:'].includes(url.protocol)) {
      throw testingError(
        'invalid-option',
        `The target must be the URL of a server, such as http://localhost:3000, but it is ${JSON.stringify(String(target))}.`,
        { field: 'target' },
      )
    }
    this.url = url
    this.#tls = tls
  }

  get isTls(): boolean {
    return this.url.protocol === 'https:'
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
