import { ENCRYPTION_ALGORITHMS } from '../../api/key-specs.ts'
import { blob, list, oneOf, optional, type TextMap, textMap } from '../../api/shapes.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { encryptionContextKeys, requestAlias } from '../keys/key-context.ts'

/** The one algorithm of symmetric encryption keys: AES-256-GCM under a derived key. */
export const SYMMETRIC = 'SYMMETRIC_DEFAULT' as const

/** An encryption algorithm of a request. Source: the service model. */
export const ENCRYPTION_ALGORITHM = oneOf(...ENCRYPTION_ALGORITHMS)
/** An encryption context of a request. */
export const ENCRYPTION_CONTEXT = optional(textMap())
/** A ciphertext of a request. Source: the service model. */
export const CIPHERTEXT = blob({ min: 1, max: 6144 })
/** What a dry run leaves out. Source: the service model. */
export const DRY_RUN_MODIFIERS = optional(list(oneOf('IGNORE_CIPHERTEXT')))

/** Condition keys of an operation that encrypts or decrypts. */
export function cryptographicContext(
  keyText: string | undefined,
  context: TextMap | undefined,
  algorithm: string = SYMMETRIC,
): ContextLookup {
  return encryptionContextKeys(context, (name) => {
    if (name === 'kms:encryptionalgorithm') return algorithm
    if (name === 'kms:requestalias') return requestAlias(keyText)
    return undefined
  })
}
