import { always, blob, text } from '../../api/shapes.ts'
import { checkDataKeySize, DATA_KEY_INPUT, makeDataKey } from '../cryptography/data-key.ts'
import { cryptographicContext, SYMMETRIC } from '../cryptography/symmetric.ts'
import { keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'

/**
 * Generates a data key; it is returned only encrypted under a KMS key.
 * Source: AWS KMS API Reference, "GenerateDataKeyWithoutPlaintext".
 */
export const generateDataKeyWithoutPlaintext = keyOperation(
  {
    name: 'GenerateDataKeyWithoutPlaintext',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'ENCRYPT_DECRYPT',
    algorithm: () => SYMMETRIC,
    input: DATA_KEY_INPUT,
    output: { CiphertextBlob: always(blob()), KeyId: always(text()), KeyMaterialId: text() },
    context: (input) => cryptographicContext(input.KeyId, input.EncryptionContext),
    checkInput: checkDataKeySize,
  },
  async ({ call, input, key, dependencies }) => {
    const { outcome, plaintext } = await makeDataKey(
      { dependencies, call, operation: 'GenerateDataKeyWithoutPlaintext' },
      key,
      input,
    )
    plaintext.fill(0)
    return outcome
  },
)
