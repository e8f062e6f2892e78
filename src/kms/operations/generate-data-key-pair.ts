import { DATA_KEY_PAIR_INPUT, makeDataKeyPair, PAIR_FACTS, pairContext } from '../data-key-pair.ts'
import { keyOperation } from '../key-operation.ts'
import { checkRecipient, RECIPIENT } from '../symmetric.ts'

/**
 * Gives a key pair, its private key in the clear and encrypted under a KMS key.
 * Source: AWS KMS API Reference, "GenerateDataKeyPair".
 */
export const generateDataKeyPair = keyOperation(
  {
    ...PAIR_FACTS,
    name: 'GenerateDataKeyPair',
    input: { ...DATA_KEY_PAIR_INPUT, Recipient: RECIPIENT },
    context: pairContext,
    checkInput: (input) => checkRecipient(input.Recipient),
  },
  async ({ call, input, key, parts }) => {
    const { outcome, privateKey } = await makeDataKeyPair(call, parts, key, input)
    return {
      ...outcome,
      output: { ...outcome.output, PrivateKeyPlaintext: privateKey },
      dispose: () => privateKey.fill(0),
    }
  },
)
