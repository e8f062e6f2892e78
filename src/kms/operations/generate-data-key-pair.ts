import { DATA_KEY_PAIR_SPECS } from '../../api/key-specs.ts'
import { always, blob, oneOf, text } from '../../api/shapes.ts'
import {
  DATA_KEY_PAIR_INPUT,
  makeDataKeyPair,
  PAIR_FACTS,
  pairContext,
} from '../cryptography/data-key-pair.ts'
import { RECIPIENT, secretMember } from '../cryptography/recipient.ts'
import { keyOperation } from '../key-operation.ts'

/**
 * Generates a key pair; the private key is returned in plaintext and encrypted under a KMS key.
 * Source: AWS KMS API Reference, "GenerateDataKeyPair".
 */
export const generateDataKeyPair = keyOperation(
  {
    ...PAIR_FACTS,
    name: 'GenerateDataKeyPair',
    input: { ...DATA_KEY_PAIR_INPUT, Recipient: RECIPIENT },
    output: {
      CiphertextForRecipient: blob(),
      KeyId: always(text()),
      KeyMaterialId: text(),
      KeyPairSpec: always(oneOf(...DATA_KEY_PAIR_SPECS)),
      PrivateKeyCiphertextBlob: always(blob()),
      PrivateKeyPlaintext: blob(),
      PublicKey: always(blob()),
    },
    context: pairContext,
  },
  async ({ call, input, key, dependencies, recipient }) => {
    const { outcome, privateKey } = await makeDataKeyPair(call, dependencies, key, input)
    return {
      ...outcome,
      output: {
        ...outcome.output,
        ...secretMember(dependencies, recipient, 'PrivateKeyPlaintext', privateKey),
      },
      dispose: () => privateKey.fill(0),
    }
  },
)
