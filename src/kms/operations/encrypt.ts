import { blob, optional } from '../../api/shapes.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { ENABLED_ONLY } from '../key-state.ts'
import {
  checkAlgorithm,
  cryptographicContext,
  ENCRYPTION_ALGORITHM,
  ENCRYPTION_CONTEXT,
  encryptUnder,
  SYMMETRIC,
} from '../symmetric.ts'

/** Encrypts at most 4,096 bytes under one key. Source: AWS KMS API Reference, "Encrypt". */
export const encrypt = keyOperation(
  {
    name: 'Encrypt',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: ENABLED_ONLY,
    input: {
      KeyId: KEY_ID,
      Plaintext: blob({ min: 1, max: 4096 }),
      EncryptionContext: ENCRYPTION_CONTEXT,
      EncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
    },
    context: (input) => cryptographicContext(input.KeyId, input.EncryptionContext, input.EncryptionAlgorithm),
    parameters: (input) => ({ EncryptionAlgorithm: SYMMETRIC, ...input }),
  },
  async ({ input, key, parts }) => {
    checkAlgorithm(key, input.EncryptionAlgorithm)
    const ciphertext = await encryptUnder(parts, key, input.Plaintext, input.EncryptionContext)
    return {
      output: { CiphertextBlob: ciphertext, EncryptionAlgorithm: SYMMETRIC, KeyId: key.arn },
      event: { additional: { keyMaterialId: key.record.value.materialId } },
    }
  },
)
