import { decode, type Token, Tokenizer } from 'cborg'
import { Refused } from './refused.ts'

/**
 * Items of one CBOR text, those in arrays and maps included; so no nesting is deeper either. A document
 * of AWS's specification has at most 2 for each of 10 members and 32 registers, and its certificates.
 */
const CBOR_MAX_ITEMS = 256

/** Everything that a document is made of: no floats, no `undefined`, no tags. */
const ALLOWED = new Set(['uint', 'negint', 'bytes', 'string', 'array', 'map', 'null'])

/** Hands out items while they are few and of the allowed types. */
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
 * The one value of a CBOR text: shortest forms and definite lengths only, no name twice in a map,
 * nothing behind it. Maps are `Map`s; byte strings are copies.
 *
 * @throws Refused. Source: RFC 8949.
 */
export function parseCbor(bytes: Uint8Array): unknown {
  // A Buffer's slices would share its memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    return decode(plain, { ...OPTIONS, tokenizer: new LimitedTokenizer(plain, OPTIONS) })
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused('it is not well-formed CBOR', { cause: error })
  }
}
