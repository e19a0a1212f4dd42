import cors from 'cors'
import type { RequestHandler } from 'express'
import { sendError } from './error-responses.ts'
import type { Settings } from './settings.ts'

type Origins = Settings['corsOrigin']

/** Lets pages of these origins read what the API answers. */
export function allowOrigins(origins: Origins): RequestHandler {
  return cors({ origin: origins === '*' ? '*' : [...origins], methods: ['GET', 'POST'] })
}

/**
 * Keeps pages of other origins from changing anything, where origins are listed.
 *
 * CORS keeps a page from reading an answer; the request has been served by then. Browsers put the origin of the page on every POST,
 * and no script can take it off. What comes without one is no page, and could send what it likes.
 */
export function refuseOtherOrigins(origins: Origins): RequestHandler {
  return ({ method, headers: { origin, host } }, response, next) => {
    const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
    if (reads || origins === '*' || origin === undefined) return next()
    if (origins.includes(origin) || hostOf(origin) === host) return next()
    sendError(response, 403, {
      code: 'other-origin',
      message: `Pages of ${JSON.stringify(origin.slice(0, 200))} may not send here. Whoever runs the demo can list their origin in CORS_ORIGIN.`,
    })
  }
}

/** The demo's own page has the host that it is asked by. The scheme may differ: a proxy in front ends TLS. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}
