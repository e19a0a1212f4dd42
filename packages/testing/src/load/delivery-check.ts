/** An id, and who got it. */
interface Node {
  readonly id: string
  /** One bit for each client. */
  readonly seen: Uint32Array
  /** What some client got right before it. */
  after: Node[]
  /** When the first client got it, and the last of those that were connected by then. */
  readonly firstAt: number
  lastAt: number
  receivers: number
  /** The clients whose first id it is. */
  readonly firstOf: number[]
  /** Its number in the order; 0 until there is one. */
  order: number
}

/** What is known of a client. */
interface Progress {
  /** The last id that was new to it; `undefined` before the first. */
  last: Node | undefined
  /** It gets nothing more. */
  left: boolean
  unchecked: boolean
  misses: boolean
  doubles: boolean
}

/** One thing that was wrong, as an example. */
export interface DeliveryFault {
  readonly kind: 'missing' | 'doubled'
  readonly id: string
  /** Which client, from 0. */
  readonly client: number
}

/** What was found. */
export interface DeliveryReport {
  /** Different ids that came, whoever got them. */
  readonly distinct: number
  /** Ids that more than one client got. 0: the streams have nothing in common by which one could be checked by another. */
  readonly shared: number
  /** Events that did not come, over all clients. */
  readonly missing: number
  /** Events that came again, over all clients. */
  readonly doubled: number
  /** Clients that miss an event or got one twice. */
  readonly faultyClients: number
  /** Ids that fewer than half of those got who could have. */
  readonly minority: number
  /** Clients that fell so far behind that they were no longer checked. */
  readonly unchecked: number
  /** The first few of what was wrong. */
  readonly examples: readonly DeliveryFault[]
}

export interface DeliveryCheckOptions {
  readonly clients: number
  /** Told of each id that several clients got: how long it took from the first to the last of them. */
  readonly onSpread?: ((ms: number) => void) | undefined
  /** How many ids are judged at a time, and at least stay open. Default 8,192. */
  readonly settledAtOnce?: number | undefined
  /** How many ids are recognised when they come again. Default 262,144. */
  readonly remembered?: number | undefined
}

const EXAMPLES = 10

/**
 * Finds out who did not get what, without asking the server: from the ids that the clients got.
 *
 * The **order** of the ids is put together from what clients saw one after the other: if one got 5 after 4 and another one 6 after
 * 5, then 5 is between 4 and 6, also for a third that got 6 first of all, or got no 5. Where clients contradict each other, the
 * order in which ids were first seen decides.
 *
 * An id is **expected** of a client if it lies between the first and the last id that the client got, and if at least half of
 * the clients of which that is true got it: what fewer got was not meant for all (`minority`). What is expected and
 * did not come is **missing**; what came again is **doubled**.
 *
 * Memory is bounded. Of the newest ids, 8,192 to 16,384, it is known who got them; then the older half is settled: judged, counted and
 * forgotten, but for the bare ids of the last 262,144. A client that did not get as far by then is **unchecked** from there on.
 */
export class DeliveryCheck {
  readonly #clients: readonly Progress[]
  readonly #onSpread: ((ms: number) => void) | undefined
  readonly #settledAtOnce: number
  readonly #remembered: number
  /** Not settled yet, in the order of their first sight. */
  readonly #open = new Map<string, Node>()
  /** Settled, the oldest first. */
  readonly #past = new Set<string>()
  /** Clients that are between their first and their last id, at the place up to which all is settled. One bit for each. */
  readonly #between: Uint32Array
  readonly #examples: DeliveryFault[] = []
  #order = 0
  #distinct = 0
  #shared = 0
  #missing = 0
  #doubled = 0
  #minority = 0

  constructor({ clients, onSpread, settledAtOnce = 8_192, remembered = 262_144 }: DeliveryCheckOptions) {
    this.#clients = Array.from({ length: clients }, () => ({
      last: undefined,
      left: false,
      unchecked: false,
      misses: false,
      doubles: false,
    }))
    this.#onSpread = onSpread
    this.#settledAtOnce = settledAtOnce
    this.#remembered = remembered
    this.#between = new Uint32Array(Math.ceil(clients / 32))
  }

  /** A client got an event with this id. `openedAt`: since when it has been connected. */
  received(client: number, id: string, now: number, openedAt: number): void {
    const progress = this.#clients[client]
    if (progress === undefined || progress.unchecked) return
    const known = this.#open.get(id)
    if (known === undefined && this.#past.has(id)) {
      // To one that has not begun it is history, which the others had before it came.
      if (progress.last !== undefined) this.#doubledAt(client, id)
      return
    }
    const node = known ?? this.#add(id, now)
    const word = client >>> 5
    const bit = 1 << (client & 31)
    if ((node.seen[word] as number) & bit) return this.#doubledAt(client, id)
    ;(node.seen[word] as number) |= bit
    if (openedAt <= node.firstAt) {
      node.receivers++
      node.lastAt = now
    }
    if (progress.last === undefined) node.firstOf.push(client)
    // Most often all clients name the same one.
    else if (!node.after.includes(progress.last)) node.after.push(progress.last)
    progress.last = node
    if (this.#open.size >= 2 * this.#settledAtOnce) this.#settle(this.#settledAtOnce)
  }

  /** A client gets nothing more: it does not fall behind. */
  left(client: number): void {
    const progress = this.#clients[client]
    if (progress !== undefined) progress.left = true
  }

  /** Judges what is open. To be called once, at the end. */
  finish(): DeliveryReport {
    this.#settle(Number.POSITIVE_INFINITY)
    // Of two clients with a stream each, either one got "half" of all ids.
    const isCommon = this.#shared > 0
    return {
      distinct: this.#distinct,
      shared: this.#shared,
      missing: isCommon ? this.#missing : 0,
      doubled: this.#doubled,
      faultyClients: this.#clients.filter(({ misses, doubles }) => (isCommon && misses) || doubles).length,
      minority: isCommon ? this.#minority : 0,
      unchecked: this.#clients.filter(({ unchecked }) => unchecked).length,
      examples: this.#examples.filter(({ kind }) => isCommon || kind === 'doubled'),
    }
  }

  #add(id: string, now: number): Node {
    const node: Node = {
      id,
      seen: new Uint32Array(this.#between.length),
      after: [],
      firstAt: now,
      lastAt: now,
      receivers: 0,
      firstOf: [],
      order: 0,
    }
    this.#open.set(id, node)
    this.#distinct++
    return node
  }

  #settle(count: number): void {
    const ordered = inOrder(this.#open.values())
    for (const node of ordered) node.order = ++this.#order
    const settled = ordered.slice(0, count)
    // What was given a number and stays open is given another one next time.
    this.#order -= ordered.length - settled.length
    const lastOf = this.#endsIn(this.#order, settled.length < ordered.length)
    for (const node of settled) {
      for (const client of lastOf.get(node) ?? []) this.#leaves(client)
      this.#judge(node)
      for (const client of node.firstOf) this.#enters(client, node)
      this.#forget(node)
    }
    // Else each would hold on to the one before it, back to the first.
    for (const node of this.#open.values()) node.after = node.after.filter(({ id }) => this.#open.has(id))
  }

  /** The clients whose last id is settled now. While the load goes on, those that are there have fallen behind. */
  #endsIn(order: number, goesOn: boolean): ReadonlyMap<Node, readonly number[]> {
    const ends = new Map<Node, number[]>()
    for (const [client, progress] of this.#clients.entries()) {
      const { last, left, unchecked } = progress
      if (last === undefined || unchecked || last.order > order) continue
      const clients = ends.get(last) ?? []
      clients.push(client)
      ends.set(last, clients)
      progress.unchecked = goesOn && !left
    }
    return ends
  }

  #judge({ id, seen, firstAt, lastAt, receivers }: Node): void {
    if (receivers > 1) this.#onSpread?.(lastAt - firstAt)
    const got = seen.reduce((count, word) => count + bitsIn(word), 0)
    if (got > 1) this.#shared++
    const missing = this.#missingOf(seen)
    if (missing.length === 0) return
    if (got < missing.length) {
      this.#minority++
      return
    }
    for (const client of missing) this.#fault('missing', client, id)
    this.#missing += missing.length
  }

  #missingOf(seen: Uint32Array): number[] {
    const clients: number[] = []
    for (const [word, between] of this.#between.entries()) {
      // Most often zero.
      let rest = between & ~(seen[word] as number)
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest)
        clients.push(word * 32 + bit)
        rest &= ~(1 << bit)
      }
    }
    return clients
  }

  #enters(client: number, first: Node): void {
    // Not if it got only this one, or got things in an order of its own and its last one is behind us.
    if ((this.#clients[client]?.last?.order ?? 0) <= first.order) return
    ;(this.#between[client >>> 5] as number) |= 1 << (client & 31)
  }

  #leaves(client: number): void {
    ;(this.#between[client >>> 5] as number) &= ~(1 << (client & 31))
  }

  #doubledAt(client: number, id: string): void {
    this.#doubled++
    this.#fault('doubled', client, id)
  }

  #fault(kind: DeliveryFault['kind'], client: number, id: string): void {
    const progress = this.#clients[client]
    if (progress !== undefined) progress[kind === 'missing' ? 'misses' : 'doubles'] = true
    if (this.#examples.length < EXAMPLES) this.#examples.push({ kind, id, client })
  }

  #forget(node: Node): void {
    const { id } = node
    node.after = []
    this.#open.delete(id)
    this.#past.add(id)
    if (this.#past.size > this.#remembered) {
      for (const oldest of this.#past) {
        this.#past.delete(oldest)
        break
      }
    }
  }
}

/** Each after those that a client got before it; beyond that, as they stand. A contradiction is passed over. */
function inOrder(nodes: Iterable<Node>): Node[] {
  const ordered: Node[] = []
  const visited = new Set<Node>()
  for (const start of nodes) {
    if (visited.has(start)) continue
    // By hand, not by recursion: a chain may be as long as there are ids.
    const path = [start]
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      visited.add(node)
      const before = node.after.find((other) => !visited.has(other))
      if (before !== undefined) path.push(before)
      else {
        path.pop()
        ordered.push(node)
      }
    }
  }
  return ordered
}

function bitsIn(word: number): number {
  let rest = word
  let bits = 0
  for (; rest !== 0; bits++) rest &= rest - 1
  return bits
}
