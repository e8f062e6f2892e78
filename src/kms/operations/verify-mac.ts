import { KmsError } from '../../api/errors.ts'
import { always, blob, boolean, text } from '../../api/shapes.ts'
import { equalConstantTime } from '../../base/bytes.ts'
import { MAC_ALGORITHM, macContext } from '../cryptography/mac.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import { currentKeyMaterial } from '../keys/keys.ts'

/** Verifies an HMAC; an invalid one is an error. Source: AWS KMS API Reference, "VerifyMac". */
export const verifyMac = keyOperation(
  {
    name: 'VerifyMac',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: USABLE,
    usage: 'GENERATE_VERIFY_MAC',
    algorithm: (input) => input.MacAlgorithm,
    input: {
      Message: blob({ min: 1, max: 4096 }),
      KeyId: KEY_ID,
      MacAlgorithm: MAC_ALGORITHM,
      Mac: blob({ min: 1, max: 6144 }),
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
    },
    output: { KeyId: always(text()), MacAlgorithm: always(MAC_ALGORITHM), MacValid: always(boolean()) },
    context: macContext,
  },
  async ({ input, key, dependencies }) => {
    const { MacAlgorithm, Message } = input
    const mac = await dependencies.custody.mac(currentKeyMaterial(key), MacAlgorithm, Message)
    if (!equalConstantTime(mac, input.Mac)) throw new KmsError('KMSInvalidMacException')
    return { output: { KeyId: key.arn, MacAlgorithm, MacValid: true } }
  },
)
