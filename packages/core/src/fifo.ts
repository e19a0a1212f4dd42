/** A place in a {@link Fifo}: `push` returns it, `remove` takes it back. It is a box, so an item may be `undefined`. */
interface FifoNode<T> {
  readonly item: T
}

/** The same place as the list itself sees it. */
interface LinkedNode<T> extends FifoNode<T> {
  previous: LinkedNode<T> | undefined
  next: LinkedNode<T> | undefined
}

/**
 * A queue whose every operation is O(1), also the removal of a place in its middle: a doubly linked list.
 *
 * Why not a `Set`, which keeps insertion order too: V8 leaves a hole where the first element was and walks over all
 * holes to find the next first one, so that draining a queue of n costs O(n²). Why not an array: it has no O(1)
 * removal from the middle, which is what an aborted operation needs.
 */
export class Fifo<T> {
  #first: LinkedNode<T> | undefined
  #last: LinkedNode<T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The place that has been in the queue the longest. */
  get first(): FifoNode<T> | undefined {
    return this.#first
  }

  /** Adds `item` at the end. */
  push(item: T): FifoNode<T> {
    const node: LinkedNode<T> = { item, previous: this.#last, next: undefined }
    if (this.#last === undefined) this.#first = node
    else this.#last.next = node
    this.#last = node
    this.#size += 1
    return node
  }

  /** Takes the first place out. */
  shift(): FifoNode<T> | undefined {
    const node = this.#first
    if (node !== undefined) this.remove(node)
    return node
  }

  /** Takes `place` out. It must be in this queue: whoever holds a place gives it back once. */
  remove(place: FifoNode<T>): void {
    const node = place as LinkedNode<T>
    const { previous, next } = node
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    // A removed place that someone still holds must not keep its old neighbours in memory.
    node.previous = undefined
    node.next = undefined
    this.#size -= 1
  }

  clear(): void {
    this.#first = undefined
    this.#last = undefined
    this.#size = 0
  }
}
