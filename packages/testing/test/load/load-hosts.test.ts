import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { load } from '../../src/load/load.ts'
import { testCertificate } from '../fixtures/test-certificate.ts'
import { openStream } from './http-server.ts'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

const answer: RequestListener = (_, response) => {
  openStream(response)
  response.end('id: 1\ndata: a\n\n')
}

async function portOf(server: Server, host: string): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

test('speaks TLS, and trusts nobody whom it is not told to trust', async () => {
  const port = await portOf(createSecureServer(testCertificate, answer), '127.0.0.1')
  const options = { url: `https://localhost:${port}`, clients: 2, rampMs: 0 }
  const { connections, reasons } = await load(options)
  expect(connections).toMatchObject({ opened: 0, failed: 2 })
  expect(reasons).toEqual({ DEPTH_ZERO_SELF_SIGNED_CERT: 2 })
  expect(await load({ ...options, insecure: true })).toMatchObject({ events: 2, ok: true })
})

test('finds a name, whichever of its addresses answers', async () => {
  const port = await portOf(createServer(answer), '127.0.0.1')
  expect(await load({ url: `http://localhost:${port}`, clients: 2, rampMs: 0 })).toMatchObject({ ok: true })
})

test('goes to an address of IPv6', async () => {
  let port: number
  try {
    port = await portOf(createServer(answer), '::1')
  } catch {
    // This machine has none.
    return
  }
  expect(await load({ url: `http://[::1]:${port}`, clients: 2, rampMs: 0 })).toMatchObject({ ok: true })
})

test('rejects where nobody knows the host', async () => {
  // No name at all, so that no resolver far away is asked.
  await expect(load({ url: 'http://nobody..invalid' })).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
  })
})
