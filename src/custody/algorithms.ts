import type { KeySpec, MessageType, SigningAlgorithm } from '../api/key-specs.ts'
import { KEM_CIPHERTEXT_BYTES } from '../crypto/kem.ts'
import { messageBytes, messageTypesOf } from '../crypto/signature.ts'

/** What a message must be; without `bytes` it has any length. */
export type MessageRule = { readonly bytes?: number }

/** What a message of a type must be for an algorithm, or nothing when the two do not go together. */
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
