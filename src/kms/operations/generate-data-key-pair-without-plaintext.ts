import { DATA_KEY_PAIR_SPECS } from '../../api/key-specs.ts'
import { always, blob, oneOf, text } from '../../api/shapes.ts'
import {
  DATA_KEY_PAIR_INPUT,
  makeDataKeyPair,
  PAIR_FACTS,
  pairContext,
} from '../cryptography/data-key-pair.ts'
import { keyOperation } from '../key-operation.ts'

/**
 * Generates a key pair; the private key is returned only encrypted under a KMS key.
 * Source: AWS KMS API Reference, "GenerateDataKeyPairWithoutPlaintext".
 */
export const generateDataKeyPairWithoutPlaintext = keyOperation(
  {
    ...PAIR_FACTS,
    name: 'GenerateDataKeyPairWithoutPlaintext',
    input: DATA_KEY_PAIR_INPUT,
    output: {
      KeyId: always(text()),
      KeyMaterialId: text(),
      KeyPairSpec: always(oneOf(...DATA_KEY_PAIR_SPECS)),
      PrivateKeyCiphertextBlob: always(blob()),
      PublicKey: always(blob()),
    },
    context: pairContext,
  },
  async ({ call, input, key, dependencies }) => {
    const { outcome, privateKey } = await makeDataKeyPair(call, dependencies, key, input)
    privateKey.fill(0)
    return outcome
  },
)
