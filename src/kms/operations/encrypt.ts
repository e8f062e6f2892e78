import type { EncryptionAlgorithm } from '../../api/key-specs.ts'
import { always, blob, optional, type TextMap, text } from '../../api/shapes.ts'
import { checkPlaintext, encryptUnder, type Manner, usedKeyMaterial } from '../cryptography/encryption.ts'
import {
  cryptographicContext,
  ENCRYPTION_ALGORITHM,
  ENCRYPTION_CONTEXT,
  SYMMETRIC,
} from '../cryptography/symmetric.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'

/** Encrypts at most 4,096 bytes under one key. Source: AWS KMS API Reference, "Encrypt". */
export const encrypt = keyOperation(
  {
    name: 'Encrypt',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'ENCRYPT_DECRYPT',
    algorithm: (input) => manner(input).algorithm,
    input: {
      KeyId: KEY_ID,
      Plaintext: blob({ min: 1, max: 4096 }),
      EncryptionContext: ENCRYPTION_CONTEXT,
      EncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
    },
    output: {
      CiphertextBlob: always(blob()),
      EncryptionAlgorithm: always(ENCRYPTION_ALGORITHM),
      KeyId: always(text()),
    },
    context: (input) => cryptographicContext(input.KeyId, input.EncryptionContext, input.EncryptionAlgorithm),
    checkKey: (input, key) => checkPlaintext(key, manner(input), input.Plaintext),
    parameters: (input) => ({ EncryptionAlgorithm: SYMMETRIC, ...input }),
  },
  async ({ call, input, key, dependencies }) => {
    const use = { dependencies, call, operation: 'Encrypt' }
    const ciphertext = await encryptUnder(use, key, input.Plaintext, manner(input))
    return {
      output: {
        CiphertextBlob: ciphertext,
        EncryptionAlgorithm: manner(input).algorithm,
        KeyId: key.arn,
      },
      event: { additional: usedKeyMaterial(key) },
    }
  },
)

function manner(input: {
  readonly EncryptionAlgorithm?: EncryptionAlgorithm | undefined
  readonly EncryptionContext?: TextMap | undefined
}): Manner {
  return { algorithm: input.EncryptionAlgorithm ?? SYMMETRIC, context: input.EncryptionContext }
}
