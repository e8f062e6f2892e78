import type { MessageType, SigningAlgorithm } from '../api/key-specs.ts'
import { messageBytes, messageTypesOf } from '../crypto/signature.ts'

/** What a message must be; without `bytes` it has any length. */
export type MessageRule = { readonly bytes?: number }

/** What a message of a type must be for an algorithm, or nothing when the two do not go together. */
export function messageRule(algorithm: SigningAlgorithm, type: MessageType): MessageRule | undefined {
  if (!messageTypesOf(algorithm).includes(type)) return undefined
  const bytes = messageBytes(algorithm, type)
  return bytes === undefined ? {} : { bytes }
}
