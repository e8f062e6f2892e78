/** How keys in tokens are named, and what their ciphertexts are bound to. */

import { concatBytes, lengthPrefixed, toHex, utf8 } from '../base/bytes.ts'
import { sha256 } from '../crypto/hash.ts'

const CONTEXT_LABEL = lengthPrefixed('holdfast/token-context')

/**
 * What a token binds to a ciphertext: a hash, because tokens limit the size. Source of the label: see
 * docs/reference/formats/store-blob.md.
 */
export function tokenContext(keyArn: string, context: Uint8Array): Uint8Array {
  return sha256(concatBytes(CONTEXT_LABEL, lengthPrefixed(keyArn), context))
}

const UUID_DIGITS = 32
const VARIANT_AT = 16

/**
 * The id of a new KMS key in a token, always the same for one request: a request that is run again, because its
 * commit conflicted, finds the key that it has made in the token, and makes no second one.
 */
export function tokenKeyId(requestId: string): string {
  const hex = toHex(sha256(utf8(`holdfast/key-in-token/${requestId}`))).slice(0, UUID_DIGITS)
  const variant = ((Number.parseInt(hex.charAt(VARIANT_AT), 16) & 0x3) | 0x8).toString(16)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`]
  return [...parts, hex.slice(20)].join('-')
}
