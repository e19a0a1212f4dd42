import { createServer, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, createSecureServer as createSecureHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { Server } from 'node:net'
import { constants, createGzip } from 'node:zlib'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { testCertificate } from '../../testing/test/fixtures/test-certificate.ts'
import type { NodeRequest, NodeResponse } from '../src/node/node-sink.ts'

type Listener = (request: NodeRequest, response: NodeResponse) => void

/** One way by which a Node server sends a stream to its client. */
export interface NodeFace {
  readonly name: string
  readonly http2?: boolean
  readonly secure?: boolean
  /** A client of HTTP/1.0. */
  readonly old?: boolean
  /** Its request is the second on its connection, sent before the first is answered. */
  readonly pipelined?: boolean
  /** Makes the server that passes every request to the listener. */
  serve(listener: Listener): Server | Promise<Server>
}

/** What compression middleware does: all that is written goes through gzip, which keeps it until it is full, or flushed. */
export function compress(response: ServerResponse): void {
  const gzip = createGzip()
  const write = response.write.bind(response)
  const end = response.end.bind(response)
  const on = response.on.bind(response)
  response.setHeader('content-encoding', 'gzip')
  gzip.on('data', (bytes: Buffer) => {
    if (!write(bytes)) gzip.pause()
  })
  gzip.on('end', () => end())
  on('drain', () => gzip.resume())
  Object.assign(response, {
    write: (bytes: Uint8Array) => gzip.write(bytes),
    end: (text?: string) => (text === undefined ? gzip.end() : gzip.end(text)),
    flush: () => gzip.flush(constants.Z_SYNC_FLUSH),
    on: (event: string, listener: () => void) => (event === 'drain' ? gzip : { on }).on(event, listener),
  })
}

/** What middleware does that looks at what is written. */
export function observe(response: ServerResponse, seen: Uint8Array[] = []): void {
  const write = response.write.bind(response)
  Object.assign(response, {
    write: (bytes: Uint8Array) => {
      seen.push(bytes)
      return write(bytes)
    },
  })
}

function behind(middleware: (response: ServerResponse) => void) {
  return (listener: Listener): Server =>
    createServer((request, response) => {
      middleware(response)
      listener(request, response)
    })
}

export const NODE_FACES: readonly NodeFace[] = [
  { name: 'node:http', serve: (listener) => createServer(listener) },
  { name: 'node:http behind middleware that replaces res.write', serve: behind(observe) },
  { name: 'node:http behind compression', serve: behind(compress) },
  { name: 'node:http for a client of HTTP/1.0', old: true, serve: (listener) => createServer(listener) },
  { name: 'node:http behind another response', pipelined: true, serve: (listener) => createServer(listener) },
  { name: 'node:https', secure: true, serve: (listener) => createHttpsServer(testCertificate, listener) },
  { name: 'node:http2 in clear text', http2: true, serve: (listener) => createHttp2Server(listener) },
  {
    name: 'node:http2 over TLS',
    http2: true,
    secure: true,
    serve: (listener) => createSecureHttp2Server(testCertificate, listener),
  },
]

export const FRAMEWORK_FACES: readonly NodeFace[] = [
  { name: 'Express 5', serve: (listener) => createServer(express().use(listener as express.Handler)) },
  {
    name: 'Koa 3',
    serve: (listener) => {
      const app = new Koa()
      app.silent = true
      app.use((context) => {
        context.respond = false
        listener(context.req, context.res)
      })
      return createServer(app.callback())
    },
  },
  {
    name: 'Fastify 5',
    serve: async (listener) => {
      const app = fastify()
      app.all('/*', (request, reply) => {
        reply.hijack()
        listener(request.raw, reply.raw)
      })
      await app.ready()
      return app.server
    },
  },
  {
    name: 'Fastify 5 with HTTP/2',
    http2: true,
    serve: async (listener) => {
      const app = fastify({ http2: true })
      app.all('/*', (request, reply) => {
        reply.hijack()
        listener(request.raw, reply.raw)
      })
      await app.ready()
      return app.server as unknown as Server
    },
  },
]
