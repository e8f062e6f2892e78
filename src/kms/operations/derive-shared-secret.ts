import { KmsError } from '../../api/errors.ts'
import { KEY_ORIGINS } from '../../api/key-specs.ts'
import { always, blob, oneOf, text } from '../../api/shapes.ts'
import { RECIPIENT, secretMember } from '../cryptography/recipient.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext, requestAlias } from '../keys/key-context.ts'
import { USABLE } from '../keys/key-state.ts'
import { currentKeyMaterial } from '../keys/keys.ts'

/** Returns the raw shared secret of two key pairs. Source: AWS KMS API Reference, "DeriveSharedSecret". */
export const deriveSharedSecret = keyOperation(
  {
    name: 'DeriveSharedSecret',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'KEY_AGREEMENT',
    algorithm: (input) => input.KeyAgreementAlgorithm,
    input: {
      KeyId: KEY_ID,
      KeyAgreementAlgorithm: oneOf('ECDH'),
      PublicKey: blob({ min: 1, max: 8192 }),
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
      Recipient: RECIPIENT,
    },
    output: {
      CiphertextForRecipient: blob(),
      KeyAgreementAlgorithm: always(oneOf('ECDH')),
      KeyId: always(text()),
      KeyOrigin: always(oneOf(...KEY_ORIGINS)),
      SharedSecret: blob(),
    },
    context: (input) =>
      entriesContext({
        'kms:keyagreementalgorithm': input.KeyAgreementAlgorithm,
        'kms:requestalias': requestAlias(input.KeyId),
      }),
  },
  async ({ input, key, dependencies, recipient }) => {
    const secret = await dependencies.custody.deriveSharedSecret(currentKeyMaterial(key), input.PublicKey)
    if (secret === undefined) throw new KmsError('ValidationException')
    return {
      output: {
        KeyId: key.arn,
        ...secretMember(dependencies, recipient, 'SharedSecret', secret),
        KeyAgreementAlgorithm: input.KeyAgreementAlgorithm,
        KeyOrigin: key.record.value.origin,
      },
      dispose: () => secret.fill(0),
    }
  },
)
