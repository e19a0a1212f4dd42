import { testingError } from '../errors.ts'

interface NodeModules {
  'node:net': typeof import('node:net')
  'node:tls': typeof import('node:tls')
  'node:http': typeof import('node:http')
  'node:http2': typeof import('node:http2')
  'node:zlib': typeof import('node:zlib')
}

/**
 * A module of Node, asked for when it is needed: the cases themselves run in pages, too, and bundlers for browsers stumble over
 * every import of Node.
 *
 * @throws SseError `unsupported-runtime` where there is none.
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  const found = process?.getBuiltinModule?.(name)
  if (found === undefined)
    throw testingError(
      'unsupported-runtime',
      `Conformance cases need sockets (${name}): run them in Node 22.12 or newer, or in a runtime with process.getBuiltinModule. In a page, only the client itself runs: see inPages().`,
    )
  return found as NodeModules[Name]
}
