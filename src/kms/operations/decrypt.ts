import { type Input, type Members, optional } from '../../api/shapes.ts'
import type { Call, Operation, Work } from '../../dispatch/operation.ts'
import { shownParameters } from '../../dispatch/parameters.ts'
import { checkGrantTokens, DRY_RUN, GRANT_TOKENS, KEY_ID, keyPermission } from '../key-operation.ts'
import { checkState, ENABLED_ONLY } from '../key-state.ts'
import type { KmsOperation, KmsParts } from '../parts.ts'
import { findSource, sourceCiphertext, sourcePermission } from '../source.ts'
import {
  CIPHERTEXT,
  checkAlgorithm,
  checkRecipient,
  cryptographicContext,
  DRY_RUN_MODIFIERS,
  decryptUnder,
  ENCRYPTION_ALGORITHM,
  ENCRYPTION_CONTEXT,
  RECIPIENT,
  SYMMETRIC,
} from '../symmetric.ts'

const INPUT = {
  CiphertextBlob: optional(CIPHERTEXT),
  KeyId: optional(KEY_ID),
  EncryptionContext: ENCRYPTION_CONTEXT,
  EncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  GrantTokens: GRANT_TOKENS,
  Recipient: RECIPIENT,
  DryRun: DRY_RUN,
  DryRunModifiers: DRY_RUN_MODIFIERS,
} satisfies Members
const FACTS = { name: 'Decrypt', aliases: true, crossAccount: true, states: ENABLED_ONLY }

/**
 * Decrypts what Encrypt, ReEncrypt or one of the data key operations has made.
 * Source: AWS KMS API Reference, "Decrypt".
 */
export const decrypt: KmsOperation = (parts): Operation => ({
  service: 'kms',
  name: 'Decrypt',
  readOnly: true,
  members: INPUT,
  onKey: FACTS,
  parameters: (input) => shownParameters(INPUT, { EncryptionAlgorithm: SYMMETRIC, ...input }),
  begin: (call) => begin(call, call.input as Input<typeof INPUT>, parts),
})

async function begin(call: Call, input: Input<typeof INPUT>, parts: KmsParts): Promise<Work> {
  checkGrantTokens(call)
  checkRecipient(input.Recipient)
  const keyText = input.KeyId
  const ciphertext = sourceCiphertext(input, 'KeyId', keyText)
  const source = await findSource({ call, parts, name: 'Decrypt', keyText, ciphertext })
  const { key } = source
  const context = cryptographicContext(keyText, input.EncryptionContext, input.EncryptionAlgorithm)
  return {
    permissions: [sourcePermission(call, keyText, keyPermission(call, key, 'Decrypt', context))],
    check: () => {
      checkState(key.arn, key.record.value.state, FACTS.states)
      source.blob()
      checkAlgorithm(key, input.EncryptionAlgorithm)
    },
    run: async () => {
      const blob = source.blob()
      if (blob === undefined) return {}
      const { plaintext, materialId } = await decryptUnder(parts, key, blob, input.EncryptionContext)
      return {
        output: {
          EncryptionAlgorithm: SYMMETRIC,
          KeyId: key.arn,
          KeyMaterialId: materialId,
          Plaintext: plaintext,
        },
        event: { additional: { keyMaterialId: materialId } },
        dispose: () => plaintext.fill(0),
      }
    },
  }
}
