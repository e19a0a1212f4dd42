import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What a child process can be asked for: methods, whose arguments and results cross as JSON. */
export type Calls<Methods> = { readonly [Name in keyof Methods]: (...args: never[]) => unknown }

/** From the parent: a call. */
export interface Request {
  readonly id: number
  readonly method: string
  readonly args: readonly unknown[]
}

/** From the child: the answer to a call, or a notice that nobody asked for. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly notice: unknown }

/** Longer than a child takes to let go of what it holds. */
const GRACE_MS = 5_000

/**
 * A process of its own, whose module calls `answerCalls`. It ends with its parent, however that ends, because both ends
 * of the channel between them do; and it is ended by `using`, however the block is left.
 */
export class Child<Methods extends Calls<Methods>> implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #nextId = 0
  onNotice: (notice: unknown) => void = () => {}

  /** `flags` are for Node, before its own. */
  constructor(module: URL, args: readonly string[], flags: readonly string[] = []) {
    this.#process = fork(module, args, {
      execArgv: [...flags, '--expose-gc', '--disable-warning=MaxListenersExceededWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process.on('message', (reply: Reply) => this.#take(reply))
    this.#process.on('exit', (code, signal) => {
      this.#failAll(new Error(`${module.pathname} ${args.join(' ')} ended with ${signal ?? `code ${code}`}.`))
    })
  }

  call<Name extends keyof Methods & string>(
    method: Name,
    ...args: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const id = this.#nextId++
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(id, answer)
    this.#process.send({ id, method, args } satisfies Request, (error) => {
      if (error !== null) answer.reject(error)
    })
    return answer.promise as Promise<Awaited<ReturnType<Methods[Name]>>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE_MS)
    await ended
    clearTimeout(timer)
  }

  #take(reply: Reply): void {
    if ('notice' in reply) return this.onNotice(reply.notice)
    const answer = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('error' in reply) answer?.reject(new Error(reply.error))
    else answer?.resolve(reply.result)
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
