/** For tests: the expected state of a server, according to its responses. */

/**
 * Named facts with their possible values. A fact has one value if every change is acknowledged, and several while a
 * call is in flight or after its response was lost.
 */
export class Facts {
  readonly #values = new Map<string, ReadonlySet<string>>()

  /** Sets a fact to the value of a response. */
  settle(name: string, value: string): void {
    this.#values.set(name, new Set([value]))
  }

  /** Adds a possible value to a fact. Returns a function that undoes this. */
  attempt(name: string, value: string): () => void {
    const before = this.#values.get(name)
    this.#values.set(name, new Set([...(before ?? []), value]))
    return () => {
      if (before === undefined) this.#values.delete(name)
      else this.#values.set(name, before)
    }
  }

  /**
   * The value of a fact.
   * @throws Error if the fact has several possible values.
   */
  value(name: string): string {
    const [value, other] = this.#values.get(name) ?? []
    if (value === undefined || other !== undefined) throw new Error(`${name} is uncertain`)
    return value
  }

  /**
   * Sets a fact to a value that the server reports.
   * @throws Error if the value is not possible.
   */
  observe(name: string, value: string): void {
    const possible = this.#values.get(name)
    if (possible === undefined || !possible.has(value)) {
      throw new Error(`${name} is ${value}, and not ${[...(possible ?? ['known'])].join(' or ')}`)
    }
    this.settle(name, value)
  }
}
