/** The most cached texts, and the longest. */
const TEXTS_MAX = 256
const TEXT_MAX_LENGTH = 512

/** A cache of the parsed forms of texts that recur. It is bounded, since strangers choose the texts. */
export class ParseCache<V> {
  readonly #values = new Map<string, V>()

  /** The parsed form of a text. @throws what `parse` throws, which is not cached. */
  get(text: string, parse: (text: string) => V): V {
    const known = this.#values.get(text)
    if (known !== undefined) return known
    const value = parse(text)
    if (text.length > TEXT_MAX_LENGTH) return value
    if (this.#values.size >= TEXTS_MAX) this.#values.clear()
    this.#values.set(text, value)
    return value
  }
}
