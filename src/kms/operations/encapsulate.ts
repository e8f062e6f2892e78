import { always, blob, text } from '../../api/shapes.ts'
import { KEM_ALGORITHM, kemContext } from '../cryptography/kem.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import { publicKeyOf } from '../keys/keys.ts'

/** Generates a shared secret for the holder of a KEM key. Source: AWS KMS API Reference, "Encapsulate". */
export const encapsulate = keyOperation(
  {
    name: 'Encapsulate',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'ENCAPSULATE_DECAPSULATE',
    algorithm: (input) => input.EncapsulationAlgorithm,
    input: {
      KeyId: KEY_ID,
      EncapsulationAlgorithm: KEM_ALGORITHM,
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
    },
    output: {
      EncapsulationAlgorithm: always(KEM_ALGORITHM),
      KeyId: always(text()),
      SharedSecret: blob(),
      SharedSecretCiphertextBlob: always(blob()),
    },
    context: kemContext,
  },
  async ({ input, key, dependencies }) => {
    const { sharedSecret, ciphertext } = await dependencies.custody.encapsulate(publicKeyOf(key))
    return {
      output: {
        KeyId: key.arn,
        SharedSecret: sharedSecret,
        SharedSecretCiphertextBlob: ciphertext,
        EncapsulationAlgorithm: input.EncapsulationAlgorithm,
      },
      dispose: () => sharedSecret.fill(0),
    }
  },
)
