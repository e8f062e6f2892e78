import { always, blob, text } from '../../api/shapes.ts'
import { MAC_ALGORITHM, macContext } from '../cryptography/mac.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import { currentKeyMaterial } from '../keys/keys.ts'

/** Computes the HMAC of a message. Source: AWS KMS API Reference, "GenerateMac". */
export const generateMac = keyOperation(
  {
    name: 'GenerateMac',
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
      GrantTokens: GRANT_TOKENS,
      DryRun: DRY_RUN,
    },
    output: { KeyId: always(text()), Mac: always(blob()), MacAlgorithm: always(MAC_ALGORITHM) },
    context: macContext,
  },
  async ({ input, key, dependencies }) => {
    const { MacAlgorithm, Message } = input
    const mac = await dependencies.custody.mac(currentKeyMaterial(key), MacAlgorithm, Message)
    return { output: { Mac: mac, MacAlgorithm, KeyId: key.arn } }
  },
)
