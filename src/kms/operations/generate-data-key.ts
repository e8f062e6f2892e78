import { KmsError } from '../../api/errors.ts'
import type { TextMap } from '../../api/shapes.ts'
import { integer, oneOf, optional } from '../../api/shapes.ts'
import type { Outcome } from '../../dispatch/operation.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { ENABLED_ONLY } from '../key-state.ts'
import type { Key } from '../keys.ts'
import type { KmsParts } from '../parts.ts'
import {
  checkRecipient,
  cryptographicContext,
  ENCRYPTION_CONTEXT,
  encryptUnder,
  RECIPIENT,
} from '../symmetric.ts'

const DATA_KEY_INPUT = {
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

/**
 * Gives a random data key, in the clear and encrypted under a KMS key.
 * Source: AWS KMS API Reference, "GenerateDataKey".
 */
export const generateDataKey = keyOperation(
  {
    name: 'GenerateDataKey',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: ENABLED_ONLY,
    input: { ...DATA_KEY_INPUT, Recipient: RECIPIENT },
    context: (input) => cryptographicContext(input.KeyId, input.EncryptionContext),
    checkInput: (input) => {
      checkDataKeySize(input)
      checkRecipient(input.Recipient)
    },
  },
  async ({ input, key, parts }) => {
    const { outcome, plaintext } = await makeDataKey(parts, key, input)
    return {
      ...outcome,
      output: { ...outcome.output, Plaintext: plaintext },
      dispose: () => plaintext.fill(0),
    }
  },
)

/**
 * Gives a random data key encrypted under a KMS key, and nothing in the clear.
 * Source: AWS KMS API Reference, "GenerateDataKeyWithoutPlaintext".
 */
export const generateDataKeyWithoutPlaintext = keyOperation(
  {
    name: 'GenerateDataKeyWithoutPlaintext',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: ENABLED_ONLY,
    input: DATA_KEY_INPUT,
    context: (input) => cryptographicContext(input.KeyId, input.EncryptionContext),
    checkInput: checkDataKeySize,
  },
  async ({ input, key, parts }) => {
    const { outcome, plaintext } = await makeDataKey(parts, key, input)
    plaintext.fill(0)
    return outcome
  },
)

function checkDataKeySize(input: DataKeyInput): void {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new KmsError('ValidationException', 'Please specify either number of bytes or key spec.')
  }
}

async function makeDataKey(
  parts: KmsParts,
  key: Key,
  input: DataKeyInput,
): Promise<{ readonly outcome: Outcome; readonly plaintext: Uint8Array }> {
  const sizeBytes = input.NumberOfBytes ?? DATA_KEY_BYTES[input.KeySpec ?? 'AES_256']
  const plaintext = parts.random.bytes(sizeBytes)
  const ciphertext = await encryptUnder(parts, key, plaintext, input.EncryptionContext)
  const { materialId } = key.record.value
  return {
    plaintext,
    outcome: {
      output: { CiphertextBlob: ciphertext, KeyId: key.arn, KeyMaterialId: materialId },
      event: { additional: { keyMaterialId: materialId } },
    },
  }
}
