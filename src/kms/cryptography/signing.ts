import { KmsError } from '../../api/errors.ts'
import {
  MESSAGE_TYPES,
  type MessageType,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
} from '../../api/key-specs.ts'
import { oneOf, optional } from '../../api/shapes.ts'
import { messageRule } from '../../custody/algorithms.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { entriesContext, requestAlias } from '../keys/key-context.ts'
import type { Key } from '../keys/keys.ts'

/** A signing algorithm of a request. */
export const SIGNING_ALGORITHM = oneOf(...SIGNING_ALGORITHMS)
/** The message type of a request. */
export const MESSAGE_TYPE = optional(oneOf(...MESSAGE_TYPES))
/** The message type of a request that names none. */
export const MESSAGE_TYPE_DEFAULT: MessageType = 'RAW'

type SigningInput = {
  readonly KeyId: string
  readonly SigningAlgorithm: SigningAlgorithm
  readonly MessageType?: MessageType | undefined
}

/** Condition keys of Sign and Verify. */
export function signingContext(input: SigningInput): ContextLookup {
  return entriesContext({
    'kms:messagetype': input.MessageType ?? MESSAGE_TYPE_DEFAULT,
    'kms:requestalias': requestAlias(input.KeyId),
    'kms:signingalgorithm': input.SigningAlgorithm,
  })
}

/**
 * Checks that a message fits its type and the algorithm.
 *
 * @throws ValidationException. Source: recorded answers of AWS KMS.
 */
export function checkMessage(input: SigningInput & { readonly Message: Uint8Array }, key: Key): void {
  const messageType = input.MessageType ?? MESSAGE_TYPE_DEFAULT
  const algorithm = input.SigningAlgorithm
  const rule = messageRule(algorithm, messageType)
  if (rule === undefined) {
    const by = algorithm.startsWith('ED25519_')
      ? `algorithm ${algorithm}`
      : `key spec ${key.record.value.spec}`
    throw invalid(`Message type ${messageType} is incompatible with ${by}.`)
  }
  if (rule.bytes === undefined || rule.bytes === input.Message.length) return
  throw invalid(`Digest is invalid length for algorithm ${algorithm}.`)
}

function invalid(message: string): KmsError {
  return new KmsError('ValidationException', message)
}
