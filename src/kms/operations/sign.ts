import { always, blob, text } from '../../api/shapes.ts'
import {
  checkMessage,
  MESSAGE_TYPE,
  MESSAGE_TYPE_DEFAULT,
  SIGNING_ALGORITHM,
  signingContext,
} from '../cryptography/signing.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import { currentKeyMaterial } from '../keys/keys.ts'

/** Signs a message or its digest. Source: AWS KMS API Reference, "Sign". */
export const sign = keyOperation(
  {
    name: 'Sign',
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
      GrantTokens: GRANT_TOKENS,
      SigningAlgorithm: SIGNING_ALGORITHM,
      DryRun: DRY_RUN,
    },
    output: { KeyId: always(text()), Signature: always(blob()), SigningAlgorithm: always(SIGNING_ALGORITHM) },
    context: signingContext,
    checkKey: checkMessage,
    parameters: (input) => ({ MessageType: MESSAGE_TYPE_DEFAULT, ...input }),
  },
  async ({ input, key, dependencies }) => {
    const signature = await dependencies.custody.sign(currentKeyMaterial(key), {
      algorithm: input.SigningAlgorithm,
      messageType: input.MessageType ?? MESSAGE_TYPE_DEFAULT,
      message: input.Message,
    })
    return { output: { KeyId: key.arn, Signature: signature, SigningAlgorithm: input.SigningAlgorithm } }
  },
)
