import { KmsError } from '../../api/errors.ts'
import { always, blob, boolean, text } from '../../api/shapes.ts'
import {
  checkMessage,
  MESSAGE_TYPE,
  MESSAGE_TYPE_DEFAULT,
  SIGNING_ALGORITHM,
  signingContext,
} from '../cryptography/signing.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import { publicKeyOf } from '../keys/keys.ts'

/** Verifies a signature; an invalid one is an error. Source: AWS KMS API Reference, "Verify". */
export const verify = keyOperation(
  {
    name: 'Verify',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'SIGN_VERIFY',
    algorithm: (input) => input.SigningAlgorithm,
    input: {
      KeyId: KEY_ID,
      Message: blob({ min: 1, max: 4096 }),
      MessageType: MESSAGE_TYPE,
      Signature: blob({ min: 1, max: 6144 }),
      SigningAlgorithm: SIGNING_ALGORITHM,
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
    },
    output: {
      KeyId: always(text()),
      SignatureValid: always(boolean()),
      SigningAlgorithm: always(SIGNING_ALGORITHM),
    },
    context: signingContext,
    checkKey: checkMessage,
    parameters: (input) => ({ MessageType: MESSAGE_TYPE_DEFAULT, ...input }),
  },
  async ({ input, key, dependencies }) => {
    const { SigningAlgorithm, Message, Signature } = input
    const messageType = input.MessageType ?? MESSAGE_TYPE_DEFAULT
    const request = { algorithm: SigningAlgorithm, messageType, message: Message }
    const valid = await dependencies.custody.verify(publicKeyOf(key), request, Signature)
    if (!valid) throw new KmsError('KMSInvalidSignatureException')
    return { output: { KeyId: key.arn, SignatureValid: true, SigningAlgorithm } }
  },
)
