import type { KeySpec, MessageType, SigningAlgorithm } from '../api/key-specs.ts'
import { KEM_CIPHERTEXT_BYTES } from '../crypto/kem.ts'
import { messageBytes, messageTypesOf } from '../crypto/signature.ts'

/** The rule for a message; without `bytes` it has any length. */
export type MessageRule = { readonly bytes?: number }

/** The rule for a message of a type under an algorithm; nothing when the two do not go together. */
export function messageRule(algorithm: SigningAlgorithm, type: MessageType): MessageRule | undefined {
  if (!messageTypesOf(algorithm).includes(type)) return undefined
  const bytes = messageBytes(algorithm, type)
  return bytes === undefined ? {} : { bytes }
}

/** The length of a KEM ciphertext for a key of a spec, in bytes; nothing for others. Source: FIPS 203, table 3. */
export function kemCiphertextBytes(spec: KeySpec): number | undefined {
  const sizes: { readonly [S in KeySpec]?: number } = KEM_CIPHERTEXT_BYTES
  return sizes[spec]
}
