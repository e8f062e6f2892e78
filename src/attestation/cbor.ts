import { decode, type Token, Tokenizer } from 'cborg'
import { Refused } from './refused.ts'

/**
 * The maximum number of items in a CBOR text, including those in arrays and maps, which also limits nesting. A
 * document by AWS's specification has at most 2 for each of 10 members and 32 registers, and its certificates.
 */
const CBOR_MAX_ITEMS = 256

/** The allowed types: no floats, no `undefined`, no tags. */
const ALLOWED = new Set(['uint', 'negint', 'bytes', 'string', 'array', 'map', 'null'])

/** A tokenizer that limits the number and types of items. */
class LimitedTokenizer extends Tokenizer {
  #items = 0

  override next(): Token {
    const token = super.next()
    this.#items += 1
    if (this.#items > CBOR_MAX_ITEMS) throw new Refused(`it has more than ${CBOR_MAX_ITEMS} CBOR items`)
    if (!ALLOWED.has(token.type.name)) throw new Refused(`it has a CBOR item of type ${token.type.name}`)
    return token
  }
}

const OPTIONS = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
} as const

/**
 * Parses a CBOR text of one value: shortest forms and definite lengths only, unique names in maps, no trailing
 * bytes. Maps are `Map`s; byte strings are copies.
 *
 * @throws Refused. Source: RFC 8949.
 */
export function parseCbor(bytes: Uint8Array): unknown {
  // Slices of a Buffer would share its memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    return decode(plain, { ...OPTIONS, tokenizer: new LimitedTokenizer(plain, OPTIONS) })
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused('it is not well-formed CBOR', { cause: error })
  }
}
