/** For tests: what a server must hold, as far as its answers tell. */

/**
 * Named facts, each with the values that it may have: one while everything is acknowledged, more
 * while a call is under way or after its answer was lost.
 */
export class Facts {
  readonly #values = new Map<string, ReadonlySet<string>>()

  /** A fact that an answer has told. */
  settle(name: string, value: string): void {
    this.#values.set(name, new Set([value]))
  }

  /** A fact may get this value from now on; gives how to take that back. */
  attempt(name: string, value: string): () => void {
    const before = this.#values.get(name)
    this.#values.set(name, new Set([...(before ?? []), value]))
    return () => {
      if (before === undefined) this.#values.delete(name)
      else this.#values.set(name, before)
    }
  }

  /** The value of a fact; fails while it may have several. */
  value(name: string): string {
    const [value, other] = this.#values.get(name) ?? []
    if (value === undefined || other !== undefined) throw new Error(`${name} is not known`)
    return value
  }

  /** Takes what the server says of a fact. @throws when that cannot be. */
  observe(name: string, value: string): void {
    const possible = this.#values.get(name)
    if (possible === undefined || !possible.has(value)) {
      throw new Error(`${name} is ${value}, and not ${[...(possible ?? ['known'])].join(' or ')}`)
    }
    this.settle(name, value)
  }
}
