import type { Calls, Reply, Request } from './child-process.ts'

/**
 * The far side of `Child`: answers its calls with these methods, until the parent lets go or is no more.
 *
 * @param close lets go of what would outlive this process, such as a child of its own.
 */
export function answerCalls<Methods extends Calls<Methods>>(
  methods: Methods,
  close?: () => Promise<void>,
): void {
  process.on('message', (request: Request) => void answer(methods, request))
  process.on('disconnect', () => void Promise.resolve(close?.()).finally(() => process.exit()))
}

/** Tells the parent something that it did not ask for. */
export function notify(notice: unknown): void {
  reply({ notice })
}

async function answer<Methods extends Calls<Methods>>(
  methods: Methods,
  { id, method, args }: Request,
): Promise<void> {
  try {
    const call = methods[method as keyof Methods] as unknown as (...args: unknown[]) => unknown
    reply({ id, result: await call.apply(methods, [...args]) })
  } catch (error) {
    reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

function reply(message: Reply): void {
  // The parent may have gone meanwhile: 'disconnect' then ends this process.
  if (process.connected) process.send?.(message)
}
