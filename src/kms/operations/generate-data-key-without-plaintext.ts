import { checkDataKeySize, DATA_KEY_INPUT, makeDataKey } from '../data-key.ts'
import { keyOperation } from '../key-operation.ts'
import { ENABLED_ONLY } from '../key-state.ts'
import { cryptographicContext } from '../symmetric.ts'

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
