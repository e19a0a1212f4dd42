import type { Duplex } from 'node:stream'

type DuplexClass = typeof Duplex

interface End {
  readonly duplex: Duplex
  /** Whether its reader has been told of the end. */
  fin: boolean
  /** Tells the writer at the other end that there is room again. */
  wanted: (() => void) | undefined
}

/**
 * Both ends of a connection without a port. Each writer waits until the other end reads, as it does over TCP, and a destroyed end is
 * a broken connection to the other. (`duplexPair` of `node:stream` is neither in every runtime, nor tells of a destroyed end in every
 * version that has it.)
 */
export function memoryConnection(Class: DuplexClass): { readonly client: Duplex; readonly server: Duplex } {
  const client = createEnd(Class, () => server)
  const server: End = createEnd(Class, () => client)
  // A server that has lost its client is told at once: a socket has an error or a FIN to tell it by.
  client.duplex.once('close', () => server.duplex.destroy())
  return { client: client.duplex, server: Object.assign(server.duplex, socketManners(server.duplex)) }
}

function createEnd(Class: DuplexClass, other: () => End): End {
  const end: End = {
    fin: false,
    wanted: undefined,
    duplex: new Class({
      // Node asks its own sockets for no more than this either.
      highWaterMark: 16_384,
      read: () => {
        const wanted = end.wanted
        end.wanted = undefined
        wanted?.()
      },
      write(chunk, _encoding, done) {
        const to = other()
        if (to.fin || to.duplex.destroyed) return done(brokenPipe())
        if (to.duplex.push(chunk)) done()
        else to.wanted = done
      },
      final(done) {
        finish(other())
        done()
      },
      destroy(error, done) {
        finish(other())
        // Whoever waits to write to this end will not be read any more.
        end.wanted?.()
        done(error)
      },
    }),
  }
  return end
}

function finish(end: End): void {
  if (end.fin || end.duplex.destroyed) return
  end.fin = true
  end.duplex.push(null)
}

function brokenPipe(): Error {
  return Object.assign(new Error('The connection was closed by the other side.'), { code: 'EPIPE' })
}

/** What handlers call on `request.socket`, because they know that it is a TCP socket. */
function socketManners(socket: Duplex): object {
  const self = (): Duplex => socket
  return {
    setTimeout: self,
    setNoDelay: self,
    setKeepAlive: self,
    ref: self,
    unref: self,
    address: () => ({ address: '127.0.0.1', family: 'IPv4', port: 0 }),
    destroySoon: () => (socket.writableFinished ? socket.destroy() : socket.end(() => socket.destroy())),
    remoteAddress: '127.0.0.1',
    remoteFamily: 'IPv4',
    remotePort: 0,
    localAddress: '127.0.0.1',
    localPort: 0,
  }
}
