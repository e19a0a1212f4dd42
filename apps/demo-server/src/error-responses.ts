import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import type { ZodError } from 'zod'

/** What every error of the API looks like. */
export interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly issues?: ReadonlyArray<{ readonly path: string; readonly message: string }>
  }
}

export function sendError(response: Response, status: number, error: ErrorBody['error']): void {
  response.status(status).json({ error } satisfies ErrorBody)
}

export function sendInvalid(response: Response, what: string, error: ZodError): void {
  sendError(response, 400, {
    code: 'invalid-request',
    message: `The ${what} is not as the API needs it.`,
    issues: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  })
}

export const notFound: RequestHandler = (request, response) => {
  sendError(response, 404, {
    code: 'not-found',
    message: `There is nothing at ${request.method} ${request.path}. Try GET /stream, /metrics, /realtime/:channel or /health, or POST /api/broadcast.`,
  })
}

/** Errors of the body parser and of Express become JSON too; anything else is ours and tells the client nothing more. */
export const handleError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error)
  const { status, type } = error as { readonly status?: unknown; readonly type?: unknown }
  if (status === 413) {
    sendError(response, 413, {
      code: 'too-large',
      message: 'The body is larger than 16 KiB. Send a shorter message.',
    })
  } else if (type === 'entity.parse.failed') {
    sendError(response, 400, {
      code: 'invalid-json',
      message: 'The body is not JSON. Send an object, as { "message": "…" }.',
    })
  } else if (typeof status === 'number' && status >= 400 && status < 500) {
    sendError(response, status, { code: 'bad-request', message: (error as Error).message })
  } else {
    process.emitWarning(error instanceof Error ? error : new Error(String(error)))
    sendError(response, 500, {
      code: 'internal',
      message: 'Something went wrong on the server. It was logged.',
    })
  }
}
