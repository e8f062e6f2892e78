import type { ShapeData } from '../../src/api/shapes.ts'

/** Texts that most patterns of the service models accept, in the order of trial. */
const FILLERS = ['x', 'X', '1', '/', 'x.']
/** The number of items for a list without a limit, such as actions or condition keys. */
const UNLIMITED_ITEMS = 100
/** The number of characters for a text without a limit. */
const UNLIMITED_CHARS = 256
/** Bytes of all names and values of an encryption context. Source: `CONTEXT_MAX_BYTES`. */
const CONTEXT_BYTES = 8192
const NAME_ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-'

/**
 * The largest value that a declaration accepts: the longest text, the longest list of the largest items, or a map with
 * as many pairs as fit.
 * @param name the member's name, for the error message.
 * @throws Error if no known text matches the declared pattern.
 */
export function widestValue(shape: ShapeData, name: string, index = 0): unknown {
  switch (shape.type) {
    case 'text':
      return widestText(shape, name, index)
    case 'enum':
      return shape.values[index % shape.values.length]
    case 'integer':
      return shape.max ?? shape.min ?? 1
    case 'boolean':
      return true
    case 'timestamp':
      return Math.floor(Date.now() / 1000)
    case 'blob':
      return Buffer.alloc(shape.max ?? 1, 0x5a).toString('base64')
    case 'map':
      return widestMap()
    case 'structure':
      return Object.fromEntries(
        Object.entries(shape.members).map(([member, { data }]) => [member, widestValue(data, member, index)]),
      )
    case 'list':
      return Array.from({ length: itemsOf(shape) }, (_, at) => widestValue(shape.of, name, at))
  }
}

function itemsOf(shape: ShapeData & { type: 'list' }): number {
  const most = shape.max ?? UNLIMITED_ITEMS
  return shape.of.type === 'enum' ? Math.min(most, shape.of.values.length) : most
}

/** Makes each item of a list different, because some operations refuse duplicates. */
function widestText(shape: ShapeData & { type: 'text' }, name: string, index: number): string {
  const chars = shape.max ?? Math.max(UNLIMITED_CHARS, shape.min ?? 0)
  const end = String(index)
  for (const filler of FILLERS) {
    const text = filler.repeat(chars).slice(0, Math.max(0, chars - end.length)) + end
    if (shape.pattern === undefined || shape.pattern.regex.test(text)) return text
  }
  throw new Error(`${name}: no known text matches ${shape.pattern?.source}: add a value`)
}

/** As many pairs as fit, each with a two-character name and an empty value. */
function widestMap(): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {}
  for (let at = 0; at < CONTEXT_BYTES / 2; at += 1) {
    const [first, second] = [Math.floor(at / NAME_ALPHABET.length), at % NAME_ALPHABET.length]
    pairs[`${NAME_ALPHABET[first]}${NAME_ALPHABET[second]}`] = ''
  }
  return pairs
}
