/** An entry of a ring. */
export type RingEntry = {
  readonly key: string
  readonly sizeBytes: number
  /** Whether it was used since the hand passed it. */
  used: boolean
}

/** Entries in a circle, with a hand that goes round in search of one to remove (the clock algorithm). */
export class Ring<E extends RingEntry> {
  readonly #maxCount: number
  readonly #maxBytes: number
  readonly #entries = new Map<string, E>()
  #hand = this.#entries.values()
  #sizeBytes = 0

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#entries.size
  }

  add(entry: E): void {
    this.#entries.set(entry.key, entry)
    this.#sizeBytes += entry.sizeBytes
  }

  find(key: string): E | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined) entry.used = true
    return entry
  }

  take(key: string): E | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#sizeBytes -= entry.sizeBytes
    return entry
  }

  /** Removes one entry when there are too many. */
  takeOver(): E | undefined {
    while (this.#entries.size > this.#maxCount || this.#sizeBytes > this.#maxBytes) {
      const entry = this.#nextEntry()
      if (entry === undefined) return undefined
      if (!entry.used) return this.take(entry.key)
      entry.used = false
    }
    return undefined
  }

  clear(): void {
    this.#entries.clear()
    this.#hand = this.#entries.values()
    this.#sizeBytes = 0
  }

  #nextEntry(): E | undefined {
    const next = this.#hand.next()
    if (!next.done) return next.value
    this.#hand = this.#entries.values()
    return this.#hand.next().value
  }
}
