import { blob, type Input, type Members, optional, text } from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import { decryptUnder, type Manner, openedWith } from '../cryptography/encryption.ts'
import {
  findRecipient,
  RECIPIENT,
  recipientContext,
  secretMember,
  withRecipient,
} from '../cryptography/recipient.ts'
import { checkSource, findSource, sourceCiphertext, sourcePermission } from '../cryptography/source.ts'
import {
  CIPHERTEXT,
  cryptographicContext,
  DRY_RUN_MODIFIERS,
  ENCRYPTION_ALGORITHM,
  ENCRYPTION_CONTEXT,
  SYMMETRIC,
} from '../cryptography/symmetric.ts'
import { checkGrantTokens, DRY_RUN, GRANT_TOKENS, KEY_ID, keyPermission } from '../key-operation.ts'
import { checkState, USABLE } from '../keys/key-state.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'

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
const OUTPUT = {
  KeyId: text(),
  Plaintext: blob(),
  EncryptionAlgorithm: text(),
  CiphertextForRecipient: blob(),
  KeyMaterialId: text(),
}
const FACTS = { name: 'Decrypt', aliases: true, crossAccount: true, states: USABLE }

/**
 * Decrypts a ciphertext of Encrypt, ReEncrypt or a data key operation.
 * Source: AWS KMS API Reference, "Decrypt".
 */
export const decrypt: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'Decrypt',
    readOnly: true,
    input: INPUT,
    output: OUTPUT,
    onKey: FACTS,
    parameters: (input) => ({ EncryptionAlgorithm: SYMMETRIC, ...input }),
  },
  ({ call, input, dependencies }: Invocation<typeof INPUT, KmsDependencies>) =>
    begin(call, input, dependencies),
)

async function begin(call: Call, input: Input<typeof INPUT>, dependencies: KmsDependencies) {
  checkGrantTokens(call, dependencies)
  const keyText = input.KeyId
  const ciphertext = sourceCiphertext(input, 'KeyId', keyText)
  const recipient = await findRecipient(call, dependencies)
  const source = await findSource({ call, dependencies, name: 'Decrypt', keyText, ciphertext })
  const { key } = source
  const manner: Manner = {
    algorithm: input.EncryptionAlgorithm ?? SYMMETRIC,
    context: input.EncryptionContext,
  }
  const context = cryptographicContext(keyText, input.EncryptionContext, input.EncryptionAlgorithm)
  return {
    permissions: [
      sourcePermission(
        call,
        keyText,
        keyPermission({ call, key, dependencies }, 'Decrypt', recipientContext(recipient, context)),
      ),
    ],
    check: () => {
      checkState(key, FACTS.states)
      checkSource(source, manner, 'Decrypt')
    },
    run: async () => {
      if (ciphertext === undefined) return {}
      const use = { dependencies, call, operation: 'Decrypt' }
      const { plaintext, materialId } = await decryptUnder(use, key, ciphertext, manner)
      const outcome = {
        output: {
          EncryptionAlgorithm: manner.algorithm,
          KeyId: key.arn,
          KeyMaterialId: recipient === undefined ? materialId : undefined,
          ...secretMember(dependencies, recipient, 'Plaintext', plaintext),
        },
        event: { additional: openedWith(key, materialId) },
        dispose: () => plaintext.fill(0),
      }
      return withRecipient(outcome, recipient)
    },
  }
}
