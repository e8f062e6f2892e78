import { always, blob, text } from '../../api/shapes.ts'
import { checkDataKeySize, DATA_KEY_INPUT, makeDataKey } from '../cryptography/data-key.ts'
import { RECIPIENT, secretMember } from '../cryptography/recipient.ts'
import { cryptographicContext, SYMMETRIC } from '../cryptography/symmetric.ts'
import { keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'

/**
 * Generates a data key; it is returned in plaintext and encrypted under a KMS key.
 * Source: AWS KMS API Reference, "GenerateDataKey".
 */
export const generateDataKey = keyOperation(
  {
    name: 'GenerateDataKey',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'ENCRYPT_DECRYPT',
    algorithm: () => SYMMETRIC,
    input: { ...DATA_KEY_INPUT, Recipient: RECIPIENT },
    output: {
      CiphertextBlob: always(blob()),
      CiphertextForRecipient: blob(),
      KeyId: always(text()),
      KeyMaterialId: text(),
      Plaintext: blob(),
    },
    context: (input) => cryptographicContext(input.KeyId, input.EncryptionContext),
    checkInput: checkDataKeySize,
  },
  async ({ call, input, key, dependencies, recipient }) => {
    const { outcome, plaintext } = await makeDataKey(
      { dependencies, call, operation: 'GenerateDataKey' },
      key,
      input,
    )
    return {
      ...outcome,
      output: {
        ...outcome.output,
        ...(recipient === undefined ? {} : { KeyMaterialId: undefined }),
        ...secretMember(dependencies, recipient, 'Plaintext', plaintext),
      },
      dispose: () => plaintext.fill(0),
    }
  },
)
