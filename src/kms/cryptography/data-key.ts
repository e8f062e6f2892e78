import { KmsError } from '../../api/errors.ts'
import { always, blob, integer, oneOf, optional, type TextMap, text } from '../../api/shapes.ts'
import type { OutcomeOf } from '../../dispatch/define-operation.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID } from '../key-operation.ts'
import type { KeyUse } from '../key-stores/store-encryption.ts'
import type { Key } from '../keys/keys.ts'
import { shownMaterialId } from '../keys/metadata.ts'
import { encryptUnder, usedKeyMaterial } from './encryption.ts'
import { ENCRYPTION_CONTEXT, SYMMETRIC } from './symmetric.ts'

/** The members that the operations for data keys share. */
export const DATA_KEY_INPUT = {
  KeyId: KEY_ID,
  KeySpec: optional(oneOf('AES_256', 'AES_128')),
  NumberOfBytes: optional(integer({ min: 1, max: 1024 })),
  EncryptionContext: ENCRYPTION_CONTEXT,
  GrantTokens: GRANT_TOKENS,
  DryRun: DRY_RUN,
}

type DataKeyInput = {
  readonly KeySpec?: 'AES_256' | 'AES_128' | undefined
  readonly NumberOfBytes?: number | undefined
  readonly EncryptionContext?: TextMap | undefined
}

const DATA_KEY_BYTES = { AES_256: 32, AES_128: 16 } as const

/** @throws ValidationException unless exactly one of KeySpec and NumberOfBytes is given. */
export function checkDataKeySize(input: DataKeyInput): void {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new KmsError('ValidationException', 'Please specify either number of bytes or key spec.')
  }
}

/** Members of a data key in answers, beside its plaintext. */
const SEALED_DATA_KEY = { CiphertextBlob: always(blob()), KeyId: always(text()), KeyMaterialId: text() }

/** A new data key. */
export type DataKey = {
  /** Without the plaintext. */
  readonly outcome: OutcomeOf<typeof SEALED_DATA_KEY>
  /** The caller clears it. */
  readonly plaintext: Uint8Array
}

/** A random data key and its ciphertext under a KMS key. */
export async function makeDataKey(use: KeyUse, key: Key, input: DataKeyInput): Promise<DataKey> {
  const sizeBytes = input.NumberOfBytes ?? DATA_KEY_BYTES[input.KeySpec ?? 'AES_256']
  const plaintext = use.dependencies.random.bytes(sizeBytes)
  const manner = { algorithm: SYMMETRIC, context: input.EncryptionContext }
  const ciphertext = await encryptUnder(use, key, plaintext, manner)
  const materialId = shownMaterialId(key.record.value)
  return {
    plaintext,
    outcome: {
      output: { CiphertextBlob: ciphertext, KeyId: key.arn, KeyMaterialId: materialId },
      event: { additional: usedKeyMaterial(key) },
    },
  }
}
