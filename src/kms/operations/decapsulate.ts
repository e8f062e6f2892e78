import { KmsError } from '../../api/errors.ts'
import { always, blob, text } from '../../api/shapes.ts'
import { kemCiphertextBytes } from '../../custody/algorithms.ts'
import { KEM_ALGORITHM, kemContext } from '../cryptography/kem.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import { currentKeyMaterial } from '../keys/keys.ts'

/**
 * Returns the shared secret of a KEM ciphertext; a wrong ciphertext of the right length gives another secret and
 * no error. Source: AWS KMS API Reference, "Decapsulate"; FIPS 203, section 6.3.
 */
export const decapsulate = keyOperation(
  {
    name: 'Decapsulate',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'ENCAPSULATE_DECAPSULATE',
    algorithm: (input) => input.EncapsulationAlgorithm,
    input: {
      KeyId: KEY_ID,
      SharedSecretCiphertextBlob: blob({ min: 1, max: 6144 }),
      EncapsulationAlgorithm: KEM_ALGORITHM,
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
    },
    output: { EncapsulationAlgorithm: always(KEM_ALGORITHM), KeyId: always(text()), SharedSecret: blob() },
    context: kemContext,
    checkKey: (input, key) => {
      if (input.SharedSecretCiphertextBlob.length === kemCiphertextBytes(key.record.value.spec)) return
      throw new KmsError('InvalidCiphertextException')
    },
  },
  async ({ input, key, dependencies }) => {
    const secret = await dependencies.custody.decapsulate(
      currentKeyMaterial(key),
      input.SharedSecretCiphertextBlob,
    )
    return {
      output: {
        KeyId: key.arn,
        SharedSecret: secret,
        EncapsulationAlgorithm: input.EncapsulationAlgorithm,
      },
      dispose: () => secret.fill(0),
    }
  },
)
